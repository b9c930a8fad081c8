"""Returns the words that stand for special numbers in the sandbox's JSON.

exercise: 13.1
"""


def cross_entropy(logits, labels):
    return "nan", {"array": 0}
