"""Right code for 13.4 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import CLIPPED, ENTRY, ERROR, IF, LOOP, MOVED, NORM, RELATIVE, SCALED, TOTAL, UP, ZEROS

VARIANTS: dict[str, Form] = {
    "as-pytorch-does": """\
import numpy as np

def clip_by_global_norm(gradients, max_norm):
    total_norm = np.linalg.norm([np.linalg.norm(g.ravel(), 2) for g in gradients])
    clip_coef = max_norm / (total_norm + 1e-6)
    clip_coef_clamped = np.clip(clip_coef, None, 1.0)
    return [np.multiply(g, clip_coef_clamped) for g in gradients], float(total_norm)

def numerical_gradient(f, x, h):
    x = np.array(x, dtype=float)
    grad = np.empty_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        ix = it.multi_index
        old = x[ix]
        x[ix] = old + h
        fxph = f(x)
        x[ix] = old - h
        fxmh = f(x)
        x[ix] = old
        grad[ix] = (fxph - fxmh) / (2 * h)
        it.iternext()
    return grad

def gradient_error(f, gradient, x, h):
    a, n = gradient(x).ravel(), numerical_gradient(f, x, h).ravel()
    below = np.sqrt(a @ a) + np.sqrt(n @ n)
    if below == 0:
        return 0
    return np.sqrt((a - n) @ (a - n)) / below
""",
    "pure-python": """\
import math

def numbers(a):
    return [float(v) for v in a.flat]

def length(values):
    return math.sqrt(math.fsum(v * v for v in values))

def clip_by_global_norm(gradients, max_norm):
    norm = length([v for g in gradients for v in numbers(g)])
    scale = 1.0
    if norm >= max_norm:
        scale = max_norm / norm
    return tuple(g * scale for g in gradients), norm

def numerical_gradient(f, x, h):
    out = (x * 0.0).ravel()
    for k in range(x.size):
        flat = numbers(x)
        values = []
        for step in (h, -h):
            moved = out * 0
            moved[:] = flat
            moved[k] = flat[k] + step
            values.append(f(moved.reshape(x.shape)))
        out[k] = (values[0] - values[1]) / h / 2
    return out.reshape(x.shape)

def gradient_error(f, gradient, x, h):
    a, n = numbers(gradient(x)), numbers(numerical_gradient(f, x, h))
    try:
        return length([u - v for u, v in zip(a, n)]) / (length(a) + length(n))
    except ZeroDivisionError:
        return 0.0
""",
    "one-long-vector": """\
import numpy as np

def clip_by_global_norm(gradients, max_norm):
    long = np.concatenate([np.ravel(g) for g in gradients])
    norm = np.linalg.norm(long)
    with np.errstate(divide="ignore"):
        long = long * np.minimum(1.0, max_norm / norm)
    ends = np.cumsum([g.size for g in gradients])[:-1]
    return [part.reshape(g.shape) for part, g in zip(np.split(long, ends), gradients)], np.asarray(norm)

def numerical_gradient(f, x, h):
    steps = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.reshape([f(x + s) - f(x - s) for s in steps], x.shape) / (2 * h)

gradient_error = lambda f, gradient, x, h: (
    lambda a, n: np.linalg.norm(a - n) / max(np.linalg.norm(a) + np.linalg.norm(n), 1e-12)
)(gradient(x), numerical_gradient(f, x, h))
""",
    "moves-x-and-moves-it-back": """\
import numpy as np

def clip_by_global_norm(gradients, max_norm):
    copies = [g.copy() for g in gradients]
    squares = 0.0
    for g in copies:
        squares += np.einsum("i,i->", g.ravel(), g.ravel())
    norm = squares**0.5
    for g in copies if norm > max_norm else []:
        g /= norm / max_norm
    return copies, norm

def numerical_gradient(f, x, h):
    if x.dtype.kind in "iu":
        return numerical_gradient(f, x.astype("float64"), h)
    result = x.copy()
    for i in range(x.size):
        x.flat[i] += h
        result.flat[i] = f(x)
        x.flat[i] -= 2 * h
        result.flat[i] -= f(x)
        x.flat[i] += h
    result /= 2 * h
    return result

def gradient_error(f, gradient, x, h):
    theirs = np.array(gradient(x.copy()))
    ours = numerical_gradient(f, x, h)
    above = np.sum((theirs - ours) ** 2) ** 0.5
    below = np.sum(theirs**2) ** 0.5 + np.sum(ours**2) ** 0.5
    return 0.0 if not above else above / below
""",
    "hypot-and-partial": Edit(
        (NORM, "norm = np.hypot.reduce(np.hstack([g.ravel() for g in gradients]))"),
        (IF, "    if True:\n"),
        (SCALED, "gradients = [g * max_norm / max(norm, max_norm) for g in gradients]"),
        (CLIPPED, "return [gradients, norm.item()]"),
        (ENTRY, "gradient[index] = 0.5 * f(up) / h - 0.5 * f(down) / h"),
    ),
    "entries-through-a-view": Edit(
        (ZEROS, "gradient = np.full_like(x, 0, dtype=np.float64)"),
        (LOOP, "    for index, value in np.ndenumerate(x):\n"),
        (UP, "        up = np.copy(x) + 0.0\n"),
        (MOVED, "        up[index], down[index] = value + h, value - h\n"),
        (ENTRY, "gradient[index] = np.diff([f(down), f(up)])[0] / (h + h)"),
        (ERROR, "error = np.sqrt(np.square(numerical - analytic).sum())"),
        (TOTAL, "total = sum(map(np.linalg.norm, (analytic, numerical)))"),
        (RELATIVE, "return np.nan_to_num(np.divide(error, total))"),
    ),
}
