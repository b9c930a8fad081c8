"""End the program politely.

ends: exited
"""

import sys

sys.exit(0)
