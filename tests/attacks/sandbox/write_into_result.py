"""Write noise where the result belongs, before the result.

ends: garbled
"""

import os

os.write(3, b"gained" * 100)
answer = "refused"
