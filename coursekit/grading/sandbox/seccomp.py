"""A filter of system calls: the parts of the kernel that no exercise needs are shut to a worker.

The namespaces already hold; the filter is the second wall. It closes what namespaces do not cover (AF_VSOCK and other
socket families, keyrings, memory that no limit counts) and the calls in which most holes of the kernel were found
(new user namespaces, mount, bpf, io_uring, userfaultfd, perf).

The program is classic BPF as described in the kernel's Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

# name: (x86_64, aarch64); None where the architecture has no such call.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "uselib": (134, None),
    "vhangup": (153, 58),
}
_CLONE, _CLONE3, _SOCKET, _SOCKETPAIR = (56, 220), (435, 435), (41, 198), (53, 199)
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEW*: user, pid, net, ipc, uts, cgroup, mount
_X32_BIT = 0x40000000
_AF_UNIX = 1

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2


def supported() -> bool:
    """Whether the filter is written for this machine's architecture."""
    return platform.machine() in _AUDIT_ARCH


def program(machine: str) -> bytes:
    """The filter as an array of ``struct sock_filter``, for ``"x86_64"`` or ``"aarch64"``."""
    column = list(_AUDIT_ARCH).index(machine)
    code: list[tuple[int, int, int, int]] = []

    def add(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        code.append((operation, if_true, if_false, value))

    def refuse(number: int | None, error: int) -> None:
        if number is not None:
            add(_JUMP_EQUAL, number, 0, 1)
            add(_RETURN, _ERRNO | error)

    add(_LOAD, _ARCHITECTURE_AT)
    add(_JUMP_EQUAL, _AUDIT_ARCH[machine], 1, 0)
    add(_RETURN, _KILL_PROCESS)  # another calling convention would give the numbers another meaning
    add(_LOAD, _NUMBER_AT)
    if machine == "x86_64":
        add(_JUMP_AT_LEAST, _X32_BIT, 0, 1)
        add(_RETURN, _KILL_PROCESS)
    for numbers in _DENIED.values():
        refuse(numbers[column], errno.EPERM)
    # Its flags lie in memory, where a filter cannot look; told that it does not exist, the C library uses clone.
    refuse(_CLONE3[column], errno.ENOSYS)
    add(_JUMP_EQUAL, _CLONE[column], 0, 4)
    add(_LOAD, _FIRST_ARGUMENT_AT)
    add(_JUMP_ANY_BIT, _NAMESPACE_FLAGS, 0, 1)
    add(_RETURN, _ERRNO | errno.EPERM)
    add(_RETURN, _ALLOW)
    for numbers in (_SOCKET, _SOCKETPAIR):
        add(_JUMP_EQUAL, numbers[column], 0, 4)
        add(_LOAD, _FIRST_ARGUMENT_AT)
        add(_JUMP_EQUAL, _AF_UNIX, 1, 0)
        add(_RETURN, _ERRNO | errno.EACCES)
        add(_RETURN, _ALLOW)
    add(_RETURN, _ALLOW)
    return b"".join(struct.pack("HBBI", *line) for line in code)


def install() -> None:
    """Filter the calls of this process and of all that it starts, for good. Needs no_new_privs.

    Raises:
        OSError: the kernel has no filters.
    """
    body = program(platform.machine())
    lines = ctypes.create_string_buffer(body, len(body))
    header = struct.pack("HxxxxxxQ", len(body) // 8, ctypes.addressof(lines))
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = (ctypes.c_ulong(_SECCOMP_MODE_FILTER), header, ctypes.c_ulong(0), ctypes.c_ulong(0))
    if libc.prctl(ctypes.c_int(_PR_SET_SECCOMP), *arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, "the kernel does not take the filter of system calls")
