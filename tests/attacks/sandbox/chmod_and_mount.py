"""Make the read-only view writable: chmod, chown, remount, a bind mount over coursekit.

ends: observed
"""

import ctypes
import os
from pathlib import Path

import coursekit

package = str(Path(coursekit.__file__).parent)
libc = ctypes.CDLL(None, use_errno=True)
found = []
for action in (
    lambda: os.chmod(package, 0o777),
    lambda: os.chown(package, os.getuid(), os.getgid()),
    lambda: os.rename(package, package + "_"),
    lambda: os.unlink(package + "/__init__.py"),
):
    try:
        action()
        found.append("changed")
    except OSError:
        pass
for target, flags in ((b"/", 32 | 4096), (package.encode(), 32 | 4096), (b"/usr", 32 | 4096)):
    if libc.mount(b"none", target, b"none", flags, None) == 0:
        found.append("remounted")
if libc.mount(b"/scratch", package.encode(), b"none", 4096, None) == 0:
    found.append("covered")
answer = f"gained {found}" if found else "refused"
