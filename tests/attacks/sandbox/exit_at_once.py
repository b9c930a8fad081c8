"""End the process past every handler.

ends: exited
"""

import os

os._exit(0)
