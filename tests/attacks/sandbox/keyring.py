"""Leave a message for later submissions in the kernel's keyring, shared memory and message queues.

ends: observed
"""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
found = []
if libc.syscall(248, b"user", b"left", b"behind", 6, -4) > 0:
    found.append("key")
if libc.shmget(4711, 4096, 0o1666) >= 0:
    found.append("shared memory")
if libc.msgget(4711, 0o1666) >= 0:
    found.append("queue")
answer = f"gained {found}" if found else "refused"
