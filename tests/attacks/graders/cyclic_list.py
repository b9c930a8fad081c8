"""Returns a list that holds itself.

exercise: 13.1
"""


def cross_entropy(logits, labels):
    values = []
    values.append(values)
    return values, values
