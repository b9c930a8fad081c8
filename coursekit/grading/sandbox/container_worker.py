"""The first process of a container: reads one job from standard input, writes the result to standard output.

What the job prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys

from .plain_worker import bound
from .worker import run_entry


def main() -> None:
    """Run one job."""
    request = json.loads(sys.stdin.buffer.read())
    result = os.dup(1)
    os.dup2(2, 1)
    module, function = request["entry"].split(":")
    entry = getattr(importlib.import_module(module), function)
    bound(request["limits"])
    run_entry(entry, request["job"], result)


if __name__ == "__main__":
    main()
