"""Raise the limits on memory, processes, files and CPU time again.

ends: observed
"""

import os
import resource

found = []
for name in (
    "RLIMIT_AS",
    "RLIMIT_NPROC",
    "RLIMIT_NOFILE",
    "RLIMIT_FSIZE",
    "RLIMIT_CPU",
    "RLIMIT_CORE",
    "RLIMIT_MEMLOCK",
):
    kind = getattr(resource, name)
    hard = resource.getrlimit(kind)[1]
    for limits in ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), (hard + 1, hard + 1)):
        try:
            resource.setrlimit(kind, limits)
            found.append(name)
        except (OSError, ValueError):
            pass
try:
    os.nice(-5)
    found.append("priority")
except OSError:
    pass
answer = f"gained {found}" if found else "refused"
