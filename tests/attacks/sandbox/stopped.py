"""Stop oneself and every child, so that nobody can wait for the end.

ends: observed, timeout
"""

import os
import signal

if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
os.kill(os.getpid(), signal.SIGSTOP)
answer = "refused"
