"""Close every descriptor, the result's too.

ends: exited, garbled, broken
"""

import os

os.closerange(0, 65536)
answer = "refused"
