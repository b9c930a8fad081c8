"""Wait for ever without any CPU time.

ends: timeout
"""

import time

time.sleep(3600)
