"""13.4, judged on code that was written from its text alone; its solution against the house's own tools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit.autograders.ch13.answers.e13_4 import ANSWERS
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report
from coursekit.optimizers import clip_by_global_norm, numerical_gradient

CLIP = """
import numpy as np

def clip_by_global_norm(gradients, max_norm):
    total = 0
    for grad in gradients:
        total += np.sum(np.square(grad))
    norm = np.sqrt(total)
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
    return [grad * factor for grad in gradients], norm
"""
NUMERICAL = """
def numerical_gradient(f, x, h):
    point = np.array(x, dtype=np.float64)
    grad = np.zeros_like(point)
    for i in np.ndindex(*point.shape):
        old = point[i]
        point[i] = old + h
        plus = f(point)
        point[i] = old - h
        minus = f(point)
        point[i] = old
        grad[i] = (plus - minus) / (2 * h)
    return grad
"""
ERROR = """
def gradient_error(f, gradient, x, h):
    num = numerical_gradient(f, x, h)
    ana = gradient(x)
    denom = np.linalg.norm(num) + np.linalg.norm(ana)
    if denom == 0:
        return 0.0
    return np.linalg.norm(num - ana) / denom
"""
ALL = CLIP + NUMERICAL + ERROR


def _with(source: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


RIGHT = {
    "plain": ALL,
    "as PyTorch, with 1e-6": """
import numpy as np

def clip_by_global_norm(gradients, max_norm):
    norm = np.linalg.norm(np.array([np.linalg.norm(g) for g in gradients]))
    return [g * min(max_norm / (norm + 1e-6), 1.0) for g in gradients], norm
"""
    + NUMERICAL
    + ERROR,
    "always divided by the larger": """
import numpy as np
import math

def clip_by_global_norm(gradients, max_norm):
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    return [g / max(norm / max_norm, 1) for g in gradients], norm
"""
    + NUMERICAL
    + ERROR,
    "a one-hot step": CLIP
    + """
def numerical_gradient(f, x, h):
    out = []
    for k in range(x.size):
        e = np.zeros(x.size)
        e[k] = h
        e = e.reshape(x.shape)
        out.append((f(x + e) - f(x - e)) / (2.0 * h))
    return np.array(out).reshape(x.shape)
"""
    + ERROR,
    "error on its own": CLIP
    + """
def numerical_gradient(f, x, h):
    g = x.astype(float)
    for i, v in np.ndenumerate(x):
        a = x.astype(float); a[i] = v + h
        b = x.astype(float); b[i] = v - h
        g[i] = f(a) / (2 * h) - f(b) / (2 * h)
    return g

def gradient_error(f, gradient, x, h):
    theirs, ours = np.ravel(gradient(x)), numerical_gradient(f, x, h).flatten()
    gap = np.sqrt(((theirs - ours) ** 2).sum())
    if gap == 0:
        return 0
    return float(gap / (np.sqrt((theirs**2).sum()) + np.sqrt((ours**2).sum())))
""",
    "copies in place": _with(
        ALL,
        ("    total = 0\n", "    gradients = [np.copy(g) for g in gradients]\n    total = 0\n"),
        (
            "    return [grad * factor for grad in gradients], norm",
            "    for g in gradients:\n        g *= factor\n    return gradients, norm",
        ),
    ),
}

WRONG = {
    "layer by layer": (
        "clips-each-alone",
        """
import numpy as np

def clip_by_global_norm(gradients, max_norm):
    out = []
    for g in gradients:
        n = np.linalg.norm(g)
        out.append(g * max_norm / n if n > max_norm else g)
    return out, np.sqrt(sum(np.sum(g**2) for g in gradients))
"""
        + NUMERICAL
        + ERROR,
    ),
    "by value": (
        "clips-values",
        _with(
            ALL, ("[grad * factor for grad in gradients]", "[np.clip(grad, -max_norm, max_norm) for grad in gradients]")
        ),
    ),
    "always to the limit": (
        "scales-up",
        _with(ALL, ("    if norm > max_norm:\n        factor = max_norm / norm\n", "    factor = max_norm / norm\n")),
    ),
    "a square": ("no-root", _with(ALL, ("norm = np.sqrt(total)", "norm = total"))),
    "norms added": (
        "sum-of-norms",
        _with(ALL, ("np.sum(np.square(grad))", "np.linalg.norm(grad)"), ("np.sqrt(total)", "total")),
    ),
    "largest entry": (
        "another-norm",
        _with(
            ALL,
            ("total += np.sum(np.square(grad))", "total = max(total, np.abs(grad).max())"),
            ("np.sqrt(total)", "total"),
        ),
    ),
    "the norm afterwards": (
        "norm-after-clipping",
        _with(ALL, ("for grad in gradients], norm", "for grad in gradients], norm * factor")),
    ),
    "gradients only": ("norm-not-returned", _with(ALL, ("for grad in gradients], norm", "for grad in gradients]"))),
    "in place": (
        "changes-the-gradients",
        _with(
            ALL,
            (
                "    return [grad * factor for grad in gradients], norm",
                "    for g in gradients:\n        g *= factor\n    return gradients, norm",
            ),
        ),
    ),
    "NaN for zeros": (
        "zero-over-zero",
        _with(
            ALL, ("[grad * factor for grad in gradients]", "[grad / norm * min(norm, max_norm) for grad in gradients]")
        ),
    ),
    "forward": ("one-sided", _with(ALL, ("point[i] = old - h", "point[i] = old"), ("/ (2 * h)", "/ h"))),
    "the two forgotten": ("not-over-two-h", _with(ALL, ("/ (2 * h)", "/ h"))),
    "missing brackets": ("not-over-two-h", _with(ALL, ("/ (2 * h)", "/ 2 * h"))),
    "whole numbers": ("whole-numbers-only", _with(ALL, ("np.array(x, dtype=np.float64)", "np.array(x)"))),
    "left where it is": ("not-put-back", _with(ALL, ("        point[i] = old\n", ""))),
    "everything moves": (
        "all-entries-at-once",
        CLIP
        + """
def numerical_gradient(f, x, h):
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))
"""
        + ERROR,
    ),
    "not relative": (
        "absolute-error",
        _with(ALL, ("return np.linalg.norm(num - ana) / denom", "return np.linalg.norm(num - ana)")),
    ),
    "the larger of both": (
        "other-denominator",
        _with(ALL, ("np.linalg.norm(num) + np.linalg.norm(ana)", "max(np.linalg.norm(num), np.linalg.norm(ana))")),
    ),
    "0 / 0": ("error-of-nothing", _with(ALL, ("    if denom == 0:\n        return 0.0\n", ""))),
    "lengths": (
        "norms-compared",
        _with(ALL, ("np.linalg.norm(num - ana) / denom", "abs(np.linalg.norm(num) - np.linalg.norm(ana)) / denom")),
    ),
    "forward, and by value": (
        "one-sided clips-values",
        _with(
            ALL,
            ("[grad * factor for grad in gradients]", "[np.clip(grad, -max_norm, max_norm) for grad in gradients]"),
            ("point[i] = old - h", "point[i] = old"),
            ("/ (2 * h)", "/ h"),
        ),
    ),
    "a cube for a square": (None, _with(ALL, ("np.sum(np.square(grad))", "np.sum(np.abs(grad) ** 3)"))),
}


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("13.4", observe_source("13.4", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(RIGHT[name], seed)
        assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, source = WRONG[name]
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((named or "").split())


def test_one_mistake_costs_its_own_points_alone() -> None:
    names = ("the norm afterwards", "by value", "NaN for zeros", "whole numbers", "0 / 0", "in place")
    assert [_judged(WRONG[name][1]).points for name in names] == [9, 8, 9, 9, 8, 9]


def test_one_function_alone_is_worth_its_points() -> None:
    report = _judged(CLIP)
    assert (report.points, report.status) == (4, "failed")


def test_the_solution_agrees_with_the_tools_of_the_house() -> None:
    space: dict[str, Any] = {}
    exec(ANSWERS.solution, space)
    rng = np.random.default_rng(5)
    gradients = {name: rng.standard_normal(shape) for name, shape in {"w": (3, 4), "b": (4,)}.items()}
    for limit in (0.5, 100.0):
        expected, norm = clip_by_global_norm(gradients, limit)
        clipped, seen = space["clip_by_global_norm"](list(gradients.values()), limit)
        assert seen == pytest.approx(norm, rel=1e-12)
        for one, other in zip(clipped, expected.values(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5)

    x = rng.standard_normal((2, 3))
    slope = 3 * x**2 + 0.1**2
    seen = space["numerical_gradient"](lambda at: float((at**3).sum()), x, 0.1)
    np.testing.assert_allclose(seen, slope, rtol=1e-9)
    np.testing.assert_allclose(seen, numerical_gradient(lambda at: float((at**3).sum()), x, 0.1), rtol=1e-9)
    error = space["gradient_error"](lambda at: float((at**2).sum()), lambda at: 6 * at, x, 0.1)
    assert error == pytest.approx((6 - 2) / (6 + 2), rel=1e-9)
