"""Read the memory, files and command lines of other processes through /proc.

ends: observed
"""

import os

mine = {str(os.getpid()), "self", "thread-self"}
others = [name for name in os.listdir("/proc") if name.isdigit() and name not in mine]
for number in range(2, 3000):
    for what in ("mem", "environ", "cmdline", "root", "cwd", "fd/0"):
        if os.path.exists(f"/proc/{number}/{what}"):
            others.append(f"{number}/{what}")
answer = f"gained {others}" if others else "refused"
