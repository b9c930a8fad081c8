"""Fill the memory from many processes, each of them below the limit of one.

ends: out of memory
"""

import os
import time

for _ in range(6):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20)) * 100
        time.sleep(30)
        os._exit(0)
time.sleep(30)
answer = "gained 600 MB"
