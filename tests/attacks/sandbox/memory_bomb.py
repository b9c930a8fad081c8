"""Fill the memory page by page.

ends: out of memory
"""

kept = []
for _ in range(900):
    kept.append(bytearray(b"x" * (1 << 20)))
answer = "gained 900 MB"
