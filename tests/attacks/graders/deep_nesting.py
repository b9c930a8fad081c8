"""Returns a hundred thousand lists in one another.

exercise: 13.1
"""


def cross_entropy(logits, labels):
    values = []
    for _ in range(100_000):
        values = [values]
    return values, values
