"""The warm server: imports a framework once, then forks one job after another.

    python -m coursekit.grading.sandbox.server   (descriptor 3: the socket; started by the launcher or as it is)

It runs no student's code and no operation of a framework: a process that has computed once has threads, and threads do
not survive a fork.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from typing import Any

from .worker import supervise

_CHANNEL = 3
_MESSAGE_BYTES = 65536
_DESCRIPTORS = 4  # job, result, output, control


def main() -> None:
    """Import, report, and fork until the other side closes the socket."""
    channel = socket.socket(fileno=_CHANNEL)
    try:
        settings = json.loads(channel.recv(_MESSAGE_BYTES))
        started = time.monotonic()
        entry = _warm(settings)
        ready = {"seconds": time.monotonic() - started, "threads": threading.active_count(), "python": sys.version}
    except BaseException:
        channel.send(json.dumps({"error": traceback.format_exc(limit=-4)[-8000:]}).encode())
        raise SystemExit(1) from None
    # What is there now belongs to all workers; a collection in one of them would copy every page it looks at.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    channel.send(json.dumps(ready).encode())
    serve(channel, entry)


def _warm(settings: dict[str, Any]) -> Any:
    for name in settings["preload"]:
        importlib.import_module(name)
    module, function = settings["entry"].split(":")
    return getattr(importlib.import_module(module), function)


def serve(channel: socket.socket, entry: Any) -> None:
    """Fork a supervisor for each message; its descriptors are open here only until then."""
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(channel, _MESSAGE_BYTES, _DESCRIPTORS)
        if not message:
            return
        try:
            if os.fork() == 0:
                channel.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                supervise(entry, json.loads(message), *descriptors)
                os._exit(0)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.write(descriptors[3], json.dumps({"broken": f"fork: {error}"}).encode())
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


if __name__ == "__main__":
    main()
