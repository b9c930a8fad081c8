"""Open the interfaces where most holes of kernels were found.

ends: observed
"""

import ctypes
import platform

libc = ctypes.CDLL(None, use_errno=True)
found = []
if platform.machine() == "x86_64":
    for name, arguments in {
        "bpf": (321, 0, None, 0),
        "perf": (298, None, 0, -1, -1, 0),
        "userfaultfd": (323, 0),
        "io_uring": (425, 4, ctypes.create_string_buffer(256)),
        "fsopen": (430, b"tmpfs", 0),
    }.items():
        if libc.syscall(*arguments) >= 0 or ctypes.get_errno() not in (1, 13):
            found.append(name)
answer = f"gained {found}" if found else "refused"
