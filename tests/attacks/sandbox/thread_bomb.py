"""Start threads for ever.

ends: observed, timeout, exited
"""

import threading
import time

started = 0
try:
    for _ in range(5000):
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
answer = "refused" if started < 100 else f"gained {started} threads"
