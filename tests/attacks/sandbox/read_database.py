"""Open the gradebook, and write a grade into it.

ends: observed
"""

import sqlite3

try:
    connection = sqlite3.connect(PLACES["database"])
    connection.execute("update grades set points = 100")
    connection.commit()
    answer = "gained the gradebook"
except sqlite3.Error:
    answer = "refused"
