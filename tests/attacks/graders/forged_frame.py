"""Writes a well-formed observation with the right fields and wrong numbers.

exercise: 13.1
"""

from coursekit.grading.observation import Observation

REAL = Observation.encode


def encode(self):
    return REAL(Observation(tuple({key: 0.0 for key in one} for one in self.rounds) or ({},) * 2))


Observation.encode = encode


def cross_entropy(logits, labels):
    return 0.0, 0.0
