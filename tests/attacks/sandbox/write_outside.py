"""Write wherever a path allows it: next to the canaries, into coursekit, into the environment.

ends: observed
"""

import os
import sys
from pathlib import Path

import coursekit

found = []
package = Path(coursekit.__file__).parent
for folder in (
    "/",
    "/etc",
    "/usr/bin",
    "/dev",
    "/sys",
    "/proc",
    "/proc/sys/kernel",
    "/var/tmp",
    sys.prefix,
    package,
    package / "grading",
    PLACES["submissions"],
    PLACES["outside"],
    Path(os.__file__).parent,
):
    try:
        (Path(folder) / "left_behind").write_text("x")
        found.append(str(folder))
    except OSError:
        pass
try:
    with open(package / "__init__.py", "a") as file:
        file.write("\n")
    found.append("coursekit/__init__.py")
except OSError:
    pass
answer = f"gained {found}" if found else "refused"
