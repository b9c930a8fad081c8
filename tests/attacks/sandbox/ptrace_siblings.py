"""Attach to every other process, and read memory across processes.

ends: observed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
found = []
for pid in range(1, 2000):
    if pid != os.getpid() and libc.ptrace(16, pid, None, None) == 0:
        found.append(pid)
buffer = (ctypes.c_char * 16)()


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


mine, theirs = Vector(ctypes.addressof(buffer), 16), Vector(0x400000, 16)
for pid in range(2, 2000):
    if libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0:
        found.append(pid)
answer = f"gained {found}" if found else "refused"
