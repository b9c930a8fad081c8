"""Speak to a server on this machine: TCP and UDP on the loopback address, and a socket in a file.

ends: observed
"""

import socket

found = []
for family, address in (
    (socket.AF_INET, ("127.0.0.1", PLACES["port"])),
    (socket.AF_INET6, ("::1", PLACES["port"])),
    (socket.AF_UNIX, PLACES["socket"]),
    (socket.AF_UNIX, "\0" + PLACES["abstract"]),
):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            client.connect(address)
            found.append(str(address))
    except OSError:
        pass
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", PLACES["port"]))
        found.append("UDP")
except OSError:
    pass
answer = f"gained {found}" if found else "refused"
