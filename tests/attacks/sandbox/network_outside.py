"""Send the inputs to an address on the internet, by number and by name, and by other families.

ends: observed
"""

import socket
import urllib.request

found = []
for address in (("192.0.2.1", 80), ("198.51.100.7", 443)):
    try:
        socket.create_connection(address, timeout=2).close()
        found.append(str(address))
    except OSError:
        pass
for family in ("AF_VSOCK", "AF_NETLINK", "AF_PACKET", "AF_ALG", "AF_BLUETOOTH"):
    try:
        socket.socket(getattr(socket, family), socket.SOCK_RAW if family != "AF_VSOCK" else socket.SOCK_STREAM).close()
        found.append(family)
    except (OSError, AttributeError):
        pass
for action in (
    lambda: urllib.request.urlopen("http://example.com", timeout=2),
    lambda: socket.getaddrinfo("example.com", 80),
):
    try:
        action()
        found.append("a name")
    except OSError:
        pass
answer = f"gained {found}" if found else "refused"
