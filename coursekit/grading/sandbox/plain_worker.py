"""The process that `plain.PlainSubprocess` starts: reads ``job.json`` in the folder named, writes ``result`` there."""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Run one job."""
    place = Path(sys.argv[1])
    request: dict[str, Any] = json.loads((place / "job.json").read_text(encoding="utf-8"))
    module, function = request["entry"].split(":")
    entry = getattr(importlib.import_module(module), function)
    bound(request["limits"])
    try:
        tag, body = b"R", bytes(entry(**request["job"]))
    except MemoryError:
        tag, body = b"M", b""
    except SystemExit as error:
        tag, body = b"X", f"sys.exit: {error.code}"[:200].encode("utf-8", "replace")
    except BaseException as error:
        tag, body = b"E", f"{type(error).__name__}: {error}"[:2000].encode("utf-8", "replace")
    sys.stdout.flush()
    sys.stderr.flush()
    (place / "part").write_bytes(tag + body)
    os.replace(place / "part", place / "result")  # noqa: PTH105  # one step: there is no half result
    os._exit(0)


def bound(limits: dict[str, Any]) -> None:
    """Set what the operating system can bound; Windows has none of it."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = math.ceil(limits["cpu_seconds"] + used.ru_utime + used.ru_stime)
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, max(limits["file_bytes"], limits["output_bytes"], limits["result_bytes"]) + 1),
        (resource.RLIMIT_DATA, 2 * limits["memory_bytes"] + (1 << 30)),
    ):
        hard = resource.getrlimit(kind)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    main()
