"""Ask for a terabyte at once.

ends: out of memory
"""

import numpy as np

answer = float(np.ones(10**12)[0])
