"""Follow a null pointer.

ends: crashed
"""

import ctypes

ctypes.string_at(0)
