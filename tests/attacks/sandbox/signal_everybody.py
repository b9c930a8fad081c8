"""Kill the server, the siblings and everything else there is.

ends: observed, exited, crashed
"""

import os
import signal

if os.getpid() == 1:
    for number in [-1, os.getppid(), *range(2, 5000)]:
        try:
            os.kill(number, signal.SIGKILL)
        except OSError:
            pass
answer = "refused"
