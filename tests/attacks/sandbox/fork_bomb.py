"""Fork for ever, in every child too.

ends: observed, timeout, exited
"""

import os

born = 0
for _ in range(10000):
    try:
        if os.fork() == 0:
            for _ in range(10000):
                try:
                    os.fork()
                except OSError:
                    pass
            os._exit(0)
        born += 1
    except OSError:
        pass
answer = "refused" if born < 100 else f"gained {born} processes"
