"""Return far more than was asked for.

ends: too much output, out of memory
"""

answer = "x" * (64 << 20)
