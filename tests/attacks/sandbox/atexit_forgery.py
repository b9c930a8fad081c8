"""Change the result after the end, by exit handlers and a thread that outlives the code.

ends: observed, garbled
"""

import atexit
import os
import threading
import time


def forge():
    os.write(3, b"R" + (9).to_bytes(8, "big") + b"'gained!'")


atexit.register(forge)


class Late:
    def __del__(self):
        forge()


late = Late()
threading.Thread(target=lambda: (time.sleep(0.5), forge())).start()
answer = "refused"
