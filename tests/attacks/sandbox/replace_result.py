"""Put another file in the result's place.

ends: exited, garbled, broken
"""

import os

other = os.open("elsewhere", os.O_RDWR | os.O_CREAT)
os.dup2(other, 3)
answer = "refused"
