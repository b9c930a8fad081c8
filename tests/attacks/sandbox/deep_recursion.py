"""Recurse until the C stack is used up.

ends: observed, crashed, exited, broken, out of memory
"""

import sys

sys.setrecursionlimit(10**9)


def down(n):
    return [down(n + 1), n]


class Deep:
    def __getattr__(self, name):
        return getattr(self, name + "x")


try:
    down(0)
except RecursionError:
    pass
answer = "refused"
