"""Print for ever on stderr, past Python, from a child.

ends: too much output
"""

import os

os.fork()
while True:
    os.write(2, b"x" * 65536)
