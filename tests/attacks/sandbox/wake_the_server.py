"""Find the server's socket among the descriptors and give it a job of one's own.

ends: observed
"""

import os
import socket

found = []
for descriptor in range(3, 256):
    try:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:"):
            found.append(descriptor)
    except OSError:
        pass
answer = f"gained {found}" if found else "refused"
