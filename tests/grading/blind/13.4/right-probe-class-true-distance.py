# right: a class that probes f, and divides by the distance of the two points as they are after rounding
# believes: "the distance between the points" is above - below, and 2 h only where rounding swallows the step
import numpy as np


class Probe:
    def __init__(self, f, x):
        self._f = f
        self._x = np.array(x, dtype=np.float64)

    def _value(self, where, entry):
        point = np.copy(self._x)
        point[where] = entry
        return float(self._f(point))

    def slope(self, where, h):
        middle = float(self._x[where])
        above = middle + float(h)
        below = middle - float(h)
        gap = above - below
        if gap == 0.0:
            gap = 2.0 * h
        return (self._value(where, above) - self._value(where, below)) / gap

    def gradient(self, h):
        answer = np.zeros_like(self._x)
        for where, _ in np.ndenumerate(self._x):
            answer[where] = self.slope(where, h)
        return answer


class Vector:
    """Some arrays, seen as one long vector."""

    def __init__(self, arrays):
        self.arrays = [np.asarray(a, dtype=np.float64) for a in arrays]

    def __len__(self):
        return sum(a.size for a in self.arrays)

    def __abs__(self):
        if len(self) == 0:
            return 0.0
        line = np.concatenate([a.ravel() for a in self.arrays])
        top = float(np.max(np.abs(line)))
        return float(top * np.linalg.norm(line / top)) if top > 0 else 0.0

    def __mul__(self, factor):
        return Vector([np.array(a * factor) for a in self.arrays])


def clip_by_global_norm(gradients, max_norm):
    vector = Vector(gradients)
    norm = abs(vector)
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return (vector * factor).arrays, norm


def numerical_gradient(f, x, h):
    return Probe(f, x).gradient(h)


def gradient_error(f, gradient, x, h):
    assert h > 0, "the step must be above 0"
    wanted = Probe(f, x).gradient(h)
    given = np.array(gradient(np.copy(x)), dtype=np.float64)
    bottom = abs(Vector([wanted])) + abs(Vector([given]))
    return abs(Vector([wanted - given])) / bottom if bottom != 0 else 0.0
