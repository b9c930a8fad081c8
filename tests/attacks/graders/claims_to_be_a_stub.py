"""Raises NotImplementedError where it cannot do the task: not attempted is no way to points.

exercise: 13.1
"""


def cross_entropy(logits, labels):
    raise NotImplementedError
