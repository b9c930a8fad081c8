"""How much memory a job uses, all its processes together."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def address_space(pid: int | str = "self") -> int:
    """Size of a process's address space in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * _PAGE


def resident(pid: int | str = "self") -> int:
    """Bytes of a process that are in memory, shared ones too."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE


def proportional(pid: int | str) -> int:
    """Bytes of a process that are in no file; a page that n processes share counts as 1/n."""
    total = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
            total += int(line.split()[1]) * 1024
    return total


class MemoryWatch:
    """Tells when a job has more than its share.

    Asked fifty times a second, so it first adds up what is cheap to read and never too small, and reads the exact
    figures, which takes milliseconds, only when that sum is over the limit.

    Args:
        limit_bytes: beyond what the server had when it forked the job.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._before = resident()  # the supervisor is as large as the server that it was forked from

    def exceeded(self) -> bool:
        """Whether it is more now."""
        quick = 0
        for pid in self._pids():
            with contextlib.suppress(OSError, IndexError):
                quick += max(0, resident(pid) - self._before)
        if quick <= self.limit_bytes:
            return False
        exact = 0
        for pid in self._pids():
            with contextlib.suppress(OSError):
                exact += proportional(pid)
        return exact > self.limit_bytes

    @staticmethod
    def _pids() -> Iterator[str]:
        # The job has a /proc of its own, and the supervisor sees that one.
        for path in Path("/proc").iterdir():
            if path.name.isdigit():
                yield path.name
