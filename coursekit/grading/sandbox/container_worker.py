"""The first process of a container: reads one job from standard input, writes the result to standard output.

What the job prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from . import seccomp, syscalls
from .plain_worker import bound
from .worker import run_entry

STARTED = b"S"  # the first byte: imports are done, the job's clock starts


def main() -> None:
    """Run one job."""
    request = json.loads(sys.stdin.buffer.read())
    result = os.dup(1)
    os.dup2(2, 1)
    module, function = request["entry"].split(":")
    entry = getattr(importlib.import_module(module), function)
    bound(request["limits"])
    syscalls.forbid_new_privileges()
    if seccomp.supported():
        seccomp.install()
    os.write(result, STARTED)
    run_entry(entry, request["job"], result)


if __name__ == "__main__":
    main()
