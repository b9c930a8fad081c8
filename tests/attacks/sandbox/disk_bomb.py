"""Fill the disk: one large file, many small ones, a sparse one.

ends: observed
"""

import os

written = 0
for number in range(100):
    try:
        with open(f"bomb{number}", "wb") as file:
            for _ in range(64):
                written += file.write(b"x" * (1 << 20))
                file.flush()
    except OSError:
        pass
made = 0
try:
    for number in range(100000):
        os.mkdir(f"d{number}")
        made += 1
except OSError:
    pass
answer = "refused" if written < 200 << 20 and made < 10000 else f"gained {written >> 20} MB, {made} folders"
