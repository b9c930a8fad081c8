"""Enter the namespaces of another process by setns.

ends: observed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
found = []
for pid in ("1", "self", str(os.getppid())):
    for kind in ("mnt", "net", "pid", "user", "ipc"):
        try:
            descriptor = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
        except OSError:
            continue
        if libc.setns(descriptor, 0) == 0:
            found.append(kind)
answer = f"gained {found}" if found else "refused"
