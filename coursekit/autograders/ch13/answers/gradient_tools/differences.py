"""Misconceptions of 13.4 about numerical gradients and what they are compared with."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    CHECK,
    DOWN,
    ENTRY,
    ERROR,
    GRADIENT,
    LOOP,
    MOVED,
    NUMERICAL,
    RELATIVE,
    TOTAL,
    UP,
    ZEROS,
    known,
)

_BODY = UP + DOWN + MOVED + "        " + ENTRY + "\n"
_WORST = "np.max(np.abs(analytic - numerical) / np.maximum(np.abs(analytic) + np.abs(numerical), 1e-12))"


def _entry(what: str) -> Edit:
    return Edit((ENTRY, f"gradient[index] = {what}"))


def _in_place(start: str, after: str = "") -> Edit:
    """One array for all entries, moved where it stands."""
    body = (
        "        {0}[index] = {0}[index] + h\n        above = f({0})\n"
        "        {0}[index] = {0}[index] - 2 * h\n        gradient[index] = (above - f({0})) / (2 * h)\n"
    )
    name = "point" if start else "x"
    before = f"    point = {start}\n" if start else ""
    return Edit((LOOP, before + LOOP), (_BODY, body.format(name) + after))


def _denominator(what: str) -> Edit:
    return Edit((TOTAL, f"total = {what}"))


_ANGLE = "1 - (analytic * numerical).sum() / (np.linalg.norm(analytic) * np.linalg.norm(numerical))"
_SWAPPED = (ERROR, "error = np.linalg.norm(numerical - analytic)")

OF_DIFFERENCES = (
    known(
        "one-sided",
        "The difference is taken on one side",
        "(f(x + h) - f(x)) / h is wrong by about h times the curvature; central differences by h squared: with h = "
        "1e-5, five digits against ten.",
        "At which two points is f to be evaluated?",
        CHECK,
        _entry("(f(up) - f(x * 1.0)) / h"),
        _entry("(f(x * 1.0) - f(down)) / h"),
        _entry("(f(up) - f(x * 1.0)) / (2 * h)"),
    ),
    known(
        "not-over-two-h",
        "The difference is not divided by the distance of the points",
        "The points are 2 h apart. Divided by anything else, the gradient is wrong by that factor.",
        "How far apart are the two points?",
        CHECK,
        _entry("(f(up) - f(down)) / h"),
        _entry("f(up) - f(down)"),
        _entry("(f(up) - f(down)) / 2 * h"),
        _entry("(f(up) - f(down)) / 2"),
    ),
    known(
        "half-steps",
        "The points are half a step away",
        "x + h/2 and x - h/2 are central, too; here the step is h to each side.",
        "How far from x are your two points?",
        CHECK,
        Edit((MOVED, MOVED.replace("h\n", "h / 2\n")), (ENTRY, ENTRY.replace("(2 * h)", "h"))),
    ),
    known(
        "own-step",
        "The step is not the one that was passed in",
        "The caller chooses h: the best one depends on the function, on its scale and on its precision.",
        "Does your result change when h does?",
        CHECK,
        Edit((ZEROS, "h = 1e-5\n    " + ZEROS)),
        Edit(
            (UP, "        step = h\n        h = step * max(1.0, abs(x[index]))\n" + UP),
            (ENTRY, ENTRY + "\n        h = step"),
        ),
        Edit((UP, "        step = h\n        h = step * abs(x[index])\n" + UP), (ENTRY, ENTRY + "\n        h = step")),
    ),
    known(
        "wrong-sign",
        "The two points are swapped",
        "f(x - h) - f(x + h) is the slope with its sign turned.",
        "What is your gradient of f(x) = x?",
        CHECK,
        _entry("(f(down) - f(up)) / (2 * h)"),
    ),
    known(
        "all-entries-at-once",
        "Several entries are moved at once",
        "Then the slope in one direction, along (1, 1, ...), stands in every entry. A partial derivative moves one "
        "and holds the others.",
        "In how many entries do your points differ from x?",
        CHECK,
        Edit((MOVED, "        up += h\n        down -= h\n")),
        Edit((LOOP, "    for index in range(len(x)):\n")),
    ),
    known(
        "not-put-back",
        "An entry is not put back before the next one",
        "Every entry after the first is worked out at another point. Where x itself was moved, the caller's weights "
        "are changed by a check that was to change nothing.",
        "Where is x after the first entry?",
        CHECK,
        _in_place("x.astype(float)"),
        _in_place(""),
        Edit((LOOP, UP[4:] + DOWN[4:] + LOOP), (UP + DOWN, "")),
    ),
    known(
        "whole-numbers-only",
        "The point is moved in an array of whole numbers",
        "An int64 array takes 2.3 as 2: the entry does not move, or the wrong way, and no error is raised.",
        "What does an int64 array hold after x[0] = 2.3?",
        CHECK,
        _in_place("x.copy()", "        point[index] = x[index]\n"),
        Edit(
            (_BODY, _BODY.replace(".astype(np.float64)", ".copy()")),
        ),
        Edit((ZEROS, "gradient = np.zeros_like(x)")),
        _in_place("x.copy()", "        point[index] = x[index]\n").join(Edit((ZEROS, "gradient = np.zeros_like(x)"))),
    ),
    known(
        "flattened",
        "The gradient is no array in the shape of x",
        "A gradient has an entry for each weight, in its place: only then can it be subtracted.",
        "What are the shapes of x and of your result?",
        CHECK,
        Edit((GRADIENT, "    return gradient.ravel()\n")),
        Edit((GRADIENT, "    return gradient.sum()\n")),
        Edit((GRADIENT, "    return list(gradient.ravel())\n")),
        Edit((GRADIENT, "    return gradient.tolist()\n")),
        # Taken the other way round, the shapes stand in another order in the error's message.
        Edit((GRADIENT, "    return gradient.ravel()\n"), _SWAPPED),
        Edit((GRADIENT, "    return list(gradient.ravel())\n"), _SWAPPED),
    ),
    known(
        "single-precision",
        "The point is moved in float32",
        "A float32 has seven digits: near 1 it moves in jumps of 1e-7, so that a step of 1e-5 is wrong by a "
        "hundredth, and with it the gradient. Checks need float64.",
        "How many digits does a float32 have, and how many of them does a step of 1e-5 use?",
        CHECK,
        Edit((_BODY, _BODY.replace("np.float64", "np.float32"))),
    ),
    known(
        "absolute-error",
        "The error is not relative",
        "Whether 0.01 is much depends on how long the gradients are: it must be seen against them.",
        "Does your error stay the same when f is multiplied by 1000?",
        CHECK,
        Edit((RELATIVE, "return error")),
        Edit((RELATIVE, "return error / x.size")),
        Edit((RELATIVE, "return np.mean((analytic - numerical) ** 2)")),
        Edit((RELATIVE, "return np.max(abs(analytic - numerical))")),
    ),
    known(
        "other-denominator",
        "The difference is divided by something else than the sum of both norms",
        "Divided by one of the two norms alone the error depends on which, and may have no limit.",
        "What is your error for a gradient with the wrong sign?",
        CHECK,
        _denominator("np.linalg.norm(analytic)"),
        _denominator("np.linalg.norm(numerical)"),
        _denominator("max(np.linalg.norm(analytic), np.linalg.norm(numerical))"),
        _denominator("np.linalg.norm(analytic + numerical)"),
        _denominator("(np.linalg.norm(analytic) + np.linalg.norm(numerical)) / 2"),
    ),
    known(
        "worst-entry",
        "The error is that of single entries",
        "An entry near zero has a large relative error by rounding alone. Here both gradients are taken as vectors.",
        "How many divisions does your error need?",
        CHECK,
        Edit((RELATIVE, f"return {_WORST}")),
        Edit((RELATIVE, "return " + _WORST.replace("np.max", "np.mean"))),
        Edit((RELATIVE, "return np.max(abs(analytic - numerical)) / total if total else 0.0")),
    ),
    known(
        "norms-compared",
        "The lengths of the gradients are compared, not the gradients",
        "A gradient with the wrong sign or with two entries swapped has the right length.",
        "What is your error for a gradient with the wrong sign?",
        CHECK,
        Edit((ERROR, "error = abs(np.linalg.norm(analytic) - np.linalg.norm(numerical))")),
    ),
    known(
        "angle-alone",
        "Only the directions are compared",
        "The cosine of two gradients does not see that one is twice as long as the other.",
        "What is your error for a gradient that is twice too long?",
        CHECK,
        Edit((RELATIVE, f"return {_ANGLE}")),
        Edit((RELATIVE, f"return {_ANGLE} if total > 0 else 0.0")),
    ),
    known(
        "verdict-for-number",
        "Right or wrong is returned, not how far",
        "A number shows whether it was close: 1e-4 is a kink or a large step, 0.3 a mistake. The threshold is the "
        "caller's.",
        "What type has your result?",
        CHECK,
        Edit((RELATIVE, "return bool(error <= 1e-6 * total)")),
        Edit((RELATIVE, "return bool(error / total < 1e-6)")),
        Edit((RELATIVE, "return bool(error / total < 1e-6) if total > 0 else 0.0")),
    ),
    known(
        "squared-norms",
        "The norms are squared",
        "Squares make a small error look smaller still: 1e-4 becomes 1e-8.",
        "What is your error for the gradients (3, 4) and (0, 0), and for (3, 4) and (3, 5)?",
        CHECK,
        Edit(
            (ERROR, "error = ((analytic - numerical) ** 2).sum()"),
            (TOTAL, "total = (analytic**2).sum() + (numerical**2).sum()"),
        ),
        Edit((ERROR, "error = ((analytic - numerical) ** 2).sum()")),
    ),
    known(
        "error-of-nothing",
        "Two zero gradients give NaN",
        "A constant has gradient 0, and so has a dead unit: right, and 0 / 0 in the formula.",
        "What is the error where both gradients are zero?",
        CHECK,
        Edit((RELATIVE, "return error / total")),
        Edit((RELATIVE, "return error / total if total > 0 else 1.0")),
    ),
    known(
        "step-of-the-check",
        "The check uses a step of its own",
        "gradient_error was given h to be used.",
        "What does your function do with h?",
        CHECK,
        Edit((NUMERICAL, "numerical = numerical_gradient(f, x, 1e-5)")),
    ),
)
