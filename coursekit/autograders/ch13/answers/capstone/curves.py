"""What goes wrong in reading the curves of 13.7."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Misconception

from .solution import CHOSEN, HEALTHY, NEEDED, RISEN, known

_FINDER = "The learning-rate finder"
_CURVES = "Putting it together"


def _needed(*new: str) -> tuple[Edit, ...]:
    return tuple(Edit((NEEDED, one)) for one in new)


OF_CURVES: tuple[Misconception, ...] = (
    known(
        "diverged-chosen",
        "A rate that diverged is taken for the best",
        "Every comparison with a NaN is false, so min keeps one that it met first; and a curve that was "
        "infinite on its way "
        "has diverged, wherever it ends.",
        "What is nan < 1.0, and what is 1.0 < nan?",
        _FINDER,
        Edit((HEALTHY, "True")),
        Edit((HEALTHY, "math.isfinite(losses[-1])")),
        Edit((HEALTHY, "not any(math.isnan(loss) for loss in losses)")),
    ),
    known(
        "best-by-the-first-loss",
        "The rate is chosen by the first loss",
        "At the beginning a rate has done nothing yet.",
        "Which end of the curve says what a rate achieved?",
        _FINDER,
        Edit((CHOSEN, CHOSEN.replace("[-1]", "[0]"))),
    ),
    known(
        "best-by-another-measure",
        "The rate is chosen by its lowest or mean loss, not by the last one",
        "A curve that dips and comes back has not stayed there. Its mean says how fast it fell, not where it ended.",
        "Which entry of the curve was asked for?",
        _FINDER,
        Edit((CHOSEN, CHOSEN.replace("curves[rate][-1]", "min(curves[rate])"))),
        Edit((CHOSEN, CHOSEN.replace("curves[rate][-1]", "sum(curves[rate])"))),
        Edit((CHOSEN, CHOSEN.replace("curves[rate][-1]", "curves[rate][-1] - curves[rate][0]"))),
    ),
    known(
        "worst-chosen",
        "The rate with the highest loss is chosen",
        "Of a loss the lowest is best; max belongs to an accuracy.",
        "Is a high loss good?",
        _FINDER,
        Edit((CHOSEN, CHOSEN.replace("min(", "max("))),
    ),
    known(
        "loss-for-rate",
        "The best loss is returned, not its rate",
        "The question was which rate; how low it came is another.",
        "Is what you return one of the keys?",
        _FINDER,
        Edit((CHOSEN, "return min(curves[rate][-1] for rate in healthy)")),
        Edit((CHOSEN, "return curves[min(healthy, key=lambda rate: curves[rate][-1])]")),
        Edit((CHOSEN, "return list(curves).index(min(healthy, key=lambda rate: curves[rate][-1]))")),
    ),
    known(
        "depth-for-speed",
        "Speed is read from how low the curve comes",
        "Where a curve ends, its lowest point, its mean or its drop say how well it went. How soon it is below the "
        "threshold is another question, and a slow curve may end lower.",
        "After how many batches is each curve below the threshold?",
        _CURVES,
        *_needed("losses[-1]", "min(losses)", "sum(losses)", "losses[-1] - losses[0]"),
    ),
    known(
        "never-is-zero",
        "A curve that never gets below the threshold counts as the fastest",
        "np.argmax of nothing but False is 0, and so is a default of 0: 'never' becomes 'at once'.",
        "What is your number of batches for a curve that never gets there?",
        _CURVES,
        *_needed(NEEDED.replace("math.inf", "0"), NEEDED.replace("math.inf", "-1")),
    ),
    known(
        "last-time-for-first",
        "The last time above the threshold is counted, not the first below",
        "An oscillating curve comes back above the threshold. Staying below is a stricter question than the one asked.",
        "What does your number say of a curve that dips below and comes back?",
        _CURVES,
        *_needed(
            "max(batch for batch, loss in enumerate(losses) if loss >= threshold)",
            "sum(loss >= threshold for loss in losses)",
        ),
    ),
    known(
        "slower-for-faster",
        "The slower curve is called the faster one",
        "Fewer batches are faster.",
        "Does a fast curve need many batches or few?",
        _CURVES,
        Edit(("min(needed, key=needed.get)", "max(needed, key=needed.get)")),
    ),
    known(
        "spread-for-oscillation",
        "The whole spread of the curve is taken for oscillation",
        "A curve that falls far and never rises has a large standard deviation and large differences, and does not "
        "oscillate at all.",
        "What does your measure say of a curve that only falls?",
        _CURVES,
        Edit((RISEN, "torch.tensor(losses).std().item()")),
        Edit((RISEN, RISEN.replace("max(after - before, 0)", "abs(after - before)"))),
        Edit((RISEN, "max(losses) - min(losses)")),
        Edit((RISEN, RISEN.replace("after - before", "before - after"))),
        Edit((RISEN, "torch.tensor(losses).diff().std().item()")),
    ),
    known(
        "rises-counted",
        "Rises are counted, not added up",
        "Many rises of nothing are a tremble; one large rise is worse.",
        "Does a rise of 0.001 count as much as one of 1 in your measure?",
        _CURVES,
        Edit((RISEN, RISEN.replace("max(after - before, 0)", "after > before"))),
    ),
    known(
        "smoother-for-rougher",
        "The smoother curve is said to oscillate",
        "The one whose rises add up to more was asked for.",
        "Which of the two do you return, the one that rises more or the one that rises less?",
        _CURVES,
        Edit(("max(risen, key=risen.get)", "min(risen, key=risen.get)")),
    ),
)
