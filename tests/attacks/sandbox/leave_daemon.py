"""Leave a process behind that writes and prints long after the end.

ends: observed
"""

import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.05)
            try:
                os.write(1, b"daemon\n")
            except OSError:
                pass
    os._exit(0)
answer = "refused"
