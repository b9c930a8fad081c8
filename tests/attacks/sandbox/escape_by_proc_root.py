"""Leave through the root and the working directory of processes further up.

ends: observed
"""

import os

found = []
for path in ("/proc/1/root", "/proc/self/root", "/proc/1/cwd/../..", "/proc/self/fd/../../../../..", "/../../.."):
    try:
        names = set(os.listdir(path))
        found += sorted(names & {"home", "var", "boot", "srv", "mnt", "opt"})
    except OSError:
        pass
answer = f"gained {found}" if found else "refused"
