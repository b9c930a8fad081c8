"""Read the instructor's home, keys and configuration.

ends: observed
"""

import os
from pathlib import Path

found = []
for place in (
    "~/.ssh",
    "~/.netrc",
    "~/.bashrc",
    "/root/.ssh",
    "/root/.bashrc",
    "/home",
    "/etc/shadow",
    "/etc/hostname",
    "/var",
    "/run",
    "/srv",
    "/mnt",
    PLACES["home"],
):
    path = Path(os.path.expanduser(place))
    try:
        found += [str(p) for p in path.iterdir()] if path.is_dir() else [path.read_text()]
    except OSError:
        pass
answer = f"gained {found}" if found else "refused"
