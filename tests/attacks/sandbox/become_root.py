"""Become root: setuid, a new user namespace with oneself as root, set-user-id programs.

ends: observed
"""

import ctypes
import os
import subprocess

libc = ctypes.CDLL(None, use_errno=True)
found = []
for call in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgid(0), lambda: os.setgroups([0])):
    try:
        call()
        found.append("an identity")
    except OSError:
        pass
if libc.unshare(0x10000000) == 0:
    found.append("a user namespace")
for program in ("/usr/bin/su", "/usr/bin/mount", "/usr/bin/passwd", "/usr/bin/sudo"):
    try:
        done = subprocess.run(
            [program, "-c", "id -u"], capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL
        )
        if done.stdout.strip() == "0":
            found.append(program)
    except (OSError, subprocess.SubprocessError):
        pass
answer = f"gained {found}" if found else "refused"
