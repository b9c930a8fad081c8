"""Never end.

ends: timeout
"""

while True:
    pass
