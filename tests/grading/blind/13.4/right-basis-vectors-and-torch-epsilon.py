# right: steps are basis vectors from a generator; PyTorch's 1e-6 is there, but only where it clips
# believes: as in PyTorch, which the text allows
import numpy as np


def _scaled_norm(flat):
    peak = np.abs(flat).max(initial=0.0)
    return 0.0 if peak == 0 else float(np.sqrt(np.dot(flat / peak, flat / peak)) * peak)


def clip_by_global_norm(gradients, max_norm):
    gradients = list(gradients)
    flat = np.concatenate([np.zeros(1)] + [np.reshape(g, -1) for g in gradients])
    norm = _scaled_norm(flat)
    factor = max_norm / (norm + 1e-6) if norm > max_norm else 1.0
    return [np.asarray(factor * g) for g in gradients], norm


def _unit_steps(shape, h):
    n = int(np.prod(shape))
    for k in range(n):
        step = np.zeros(n)
        step[k] = h
        yield step.reshape(shape)


def numerical_gradient(f, x, h):
    centre = np.array(x, dtype=np.float64)
    slopes = [
        (float(f(np.asarray(centre + step))) - float(f(np.asarray(centre - step)))) / (h + h)
        for step in _unit_steps(centre.shape, h)
    ]
    return np.array(slopes, dtype=np.float64).reshape(centre.shape)


def gradient_error(f, gradient, x, h):
    a = np.reshape(np.array(gradient(np.array(x)), dtype=np.float64), -1)
    b = np.reshape(numerical_gradient(f, x, h), -1)
    if not a.any() and not b.any():
        return 0.0
    return _scaled_norm(a - b) / (_scaled_norm(a) + _scaled_norm(b))
