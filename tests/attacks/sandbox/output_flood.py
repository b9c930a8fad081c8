"""Print for ever.

ends: too much output
"""

while True:
    print("x" * 1000)
