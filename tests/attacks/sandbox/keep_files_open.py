"""Open every descriptor there is, and leave a child that holds the result's pipe open.

ends: observed, exited
"""

import os
import time

if os.fork() == 0:
    time.sleep(3600)
kept = []
try:
    for _ in range(100000):
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
for descriptor in kept:
    os.close(descriptor)
answer = "refused" if len(kept) < 1000 else f"gained {len(kept)} descriptors"
