"""Misconceptions of 13.4 about clipping."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import CLIPPED, CLIPPING, IF, NORM, SCALED, known

_BLOCK = IF + "        " + SCALED + "\n"
_UNIT = "gradients = [g / norm for g in gradients]"


def _norm(what: str) -> Edit:
    return Edit((NORM, f"norm = {what}"))


def _own(factor: str) -> Edit:
    """Each array gets a factor of its own."""
    norms = "norms = [np.linalg.norm(g) for g in gradients]"
    return Edit((_BLOCK, f"    {norms}\n    gradients = [g * {factor} for g, own in zip(gradients, norms)]\n"))


def _values(low: str) -> Edit:
    return Edit((_BLOCK, f"    gradients = [np.clip(g, {low}, max_norm) for g in gradients]\n"))


OF_CLIPPING = (
    known(
        "clips-each-alone",
        "Each array is clipped by its own norm",
        "With a factor for each layer, long gradients become shorter against short ones: the step points elsewhere. "
        "One factor for all keeps the direction.",
        "Is the ratio of two layers' gradients the same before and after?",
        CLIPPING,
        _own("min(1, max_norm / (own + 1e-12))"),
        Edit(
            (
                _BLOCK,
                "    norms = [np.linalg.norm(g) for g in gradients]\n    if norm > max_norm:\n"
                "        gradients = [g * max_norm / own for g, own in zip(gradients, norms)]\n",
            )
        ),
        _own("max_norm / (own + 1e-12)"),
    ),
    known(
        "clips-values",
        "Every number is clipped by itself",
        "That is clipping by value: large entries lose their lead over small ones, and the step turns away from the "
        "gradient.",
        "Do the entries of your result have the same ratios as before?",
        CLIPPING,
        _values("-max_norm"),
        Edit((SCALED, "gradients = [np.clip(g, -max_norm, max_norm) for g in gradients]")),
        Edit((SCALED, "gradients = [np.minimum(g, max_norm) for g in gradients]")),
    ),
    known(
        "scales-up",
        "Short gradients are stretched",
        "Near a minimum gradients become short, and the steps with them. Stretched to max_norm, the step never ends. "
        "Zero gradients become NaN.",
        "What becomes of a gradient of length 1 with max_norm 5?",
        CLIPPING,
        Edit((_BLOCK, "    " + SCALED + "\n")),
        Edit((_BLOCK, "    gradients = [g * (max_norm / (norm + 1e-6)) for g in gradients]\n")),
        Edit((IF, "    if norm > 0:\n")),
        Edit((IF, "    if norm < max_norm:\n")),
    ),
    known(
        "unit-length",
        "Gradients are scaled to length 1",
        "Divided by their norm, they all have length 1, whatever max_norm is.",
        "How long is your result for max_norm 5?",
        CLIPPING,
        Edit((SCALED, _UNIT)),
        Edit((_BLOCK, "    " + _UNIT + "\n")),
        Edit((_BLOCK, "    gradients = [g / (norm + 1e-6) for g in gradients]\n")),
    ),
    known(
        "squared-factor",
        "The factor is not max_norm over norm",
        "The product of factor and norm has to be max_norm.",
        "How long is your result?",
        CLIPPING,
        Edit((SCALED, "gradients = [g * (max_norm / norm) ** 2 for g in gradients]")),
        Edit((SCALED, "gradients = [g * max_norm / norm**2 for g in gradients]")),
        Edit((SCALED, "gradients = [g * (norm / max_norm) for g in gradients]")),
        Edit((SCALED, "gradients = [g * max_norm for g in gradients]")),
    ),
    known(
        "no-root",
        "The root is missing in the norm",
        "A sum of squares is a length squared: above 1 it is too large, below 1 too small.",
        "What is the length of (3, 4)?",
        CLIPPING,
        _norm("sum((g**2).sum() for g in gradients)"),
    ),
    known(
        "sum-of-norms",
        "The norms of the arrays are added up",
        "Lengths do not add up, squares do: (3) and (4) together have length 5, not 7.",
        "What is the length of (3, 4)?",
        CLIPPING,
        _norm("sum(np.linalg.norm(g) for g in gradients)"),
    ),
    known(
        "another-norm",
        "It is another norm than the Euclidean one",
        "The sum or the largest of the absolute values is a norm too, with other limits.",
        "What is the length of (3, 4)?",
        CLIPPING,
        _norm("sum(np.abs(g).sum() for g in gradients)"),
        _norm("max(np.abs(g).max() for g in gradients)"),
        _norm("max(np.linalg.norm(g) for g in gradients)"),
    ),
    known(
        "mean-for-sum",
        "A mean stands where the sum of squares belongs",
        "The root of the mean square does not grow with the number of weights, a length does.",
        "How many numbers does your mean divide by?",
        CLIPPING,
        _norm("np.sqrt(sum((g**2).sum() for g in gradients) / sum(g.size for g in gradients))"),
        _norm("np.sqrt(sum((g**2).mean() for g in gradients))"),
        _norm("np.sqrt(np.mean([(g**2).sum() for g in gradients]))"),
        _norm("np.mean([np.linalg.norm(g) for g in gradients])"),
        _norm("np.sqrt(sum((g**2).sum() for g in gradients)) / len(gradients)"),
    ),
    known(
        "one-array-alone",
        "The norm is that of one array",
        "In a loop that assigns where it should add, the last array is all that is left.",
        "Does your norm change when the first array does? And with the last?",
        CLIPPING,
        _norm("np.linalg.norm(gradients[-1])"),
        _norm("np.linalg.norm(gradients[0])"),
    ),
    known(
        "norm-after-clipping",
        "The norm after clipping is returned",
        "It never exceeds max_norm. What is worth a plot is the norm before: it shows when training becomes unstable.",
        "What can be learned from a norm that is max_norm in every step?",
        CLIPPING,
        Edit((CLIPPED, "return gradients, min(norm, max_norm)")),
        Edit((CLIPPED, "return gradients, max_norm")),
    ),
    known(
        "norm-not-returned",
        "The norm is not returned",
        "Two things were asked for: the gradients, and the norm that they had.",
        "How many values does your function return?",
        CLIPPING,
        Edit((CLIPPED, "return gradients")),
    ),
    known(
        "norm-first",
        "The norm comes first",
        "The pair is (clipped, norm): whoever unpacks it finds the norm where the gradients should be.",
        "In which order are the two returned?",
        CLIPPING,
        Edit((CLIPPED, "return norm, gradients")),
    ),
    known(
        "zero-over-zero",
        "Gradients of zeros become NaN, or raise an error",
        "Where nothing is wrong with a network's output, all gradients are zero, and 0 / 0 is NaN: after the next step "
        "all weights are.",
        "What does your function do with gradients of zeros?",
        CLIPPING,
        Edit((_BLOCK, "    gradients = [g / norm * min(norm, max_norm) for g in gradients]\n")),
        Edit(
            (NORM, NORM.replace("np.sqrt(", "float(np.sqrt(") + ")"),
            (_BLOCK, _BLOCK.replace(IF, "    if max_norm / norm < 1:\n")),
        ),
    ),
    known(
        "changes-the-gradients",
        "The caller's gradients are overwritten",
        "`g *= factor` writes into the arrays that were passed in.",
        "Which of your lines writes into an array instead of making a new one?",
        CLIPPING,
        Edit((SCALED, "for g in gradients:\n            g *= max_norm / norm")),
        Edit((SCALED, "for number, g in enumerate(gradients):\n            gradients[number] = g * (max_norm / norm)")),
    ),
)
