"""Fill the memory with shared mappings and anonymous files, which belong to no process.

ends: observed, out of memory
"""

import mmap
import os

found = 0
try:
    for number in range(8):
        descriptor = os.memfd_create(f"bomb{number}")
        found += os.write(descriptor, b"x" * (32 << 20))
except OSError:
    pass
kept = []
try:
    for _ in range(40):
        area = mmap.mmap(-1, 16 << 20)
        area.write(b"x" * (16 << 20))
        kept.append(area)
        found += 16 << 20
except (OSError, ValueError):
    pass
answer = "refused" if found < 400 << 20 else f"gained {found >> 20} MB"
