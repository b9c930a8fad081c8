"""Announce a long result, and hold back the rest of it for ever.

ends: timeout
"""

import os
import time

os.write(3, b"R" + (10**6).to_bytes(8, "big") + b"x")
time.sleep(3600)
