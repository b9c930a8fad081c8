"""14.4: a training loop with early stopping that leaves the model with its best weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from coursekit.grading.exercise import Check, Exercise
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain, type_name

STATEMENT = """\
Write `fit(model, train_epoch, validate, max_epochs, patience, min_delta)`: a training loop with **early stopping** that
leaves the model with its best weights.

| argument | is |
|---|---|
| `model` | has two methods, `state_dict()` and `load_state_dict(state)` |
| `train_epoch` | `train_epoch(model)` trains for one epoch and returns the training loss |
| `validate` | `validate(model)` gives the validation loss of the model as it is now, a number or NaN; lower is better |
| `max_epochs` | the most epochs to train, 1 or more |
| `patience` | how many epochs in a row without improvement end the training, 1 or more |
| `min_delta` | by more than how much the validation loss must fall to count as an improvement, 0 or more |

The methods are as in PyTorch, with NumPy arrays: `model.state_dict()` gives a dict from names to **the model's own
arrays**, which are no copies: `train_epoch` changes them in place. `model.load_state_dict(state)` writes the values of
such a dict into them.

An epoch is: train, then validate. It is an **improvement** if its validation loss is lower than the loss of the best
epoch so far by *more than* `min_delta`; then it is the best epoch itself. The first loss that is a number is an
improvement. Every other epoch is one without improvement: also one whose loss is lower by `min_delta` or less, and one
whose loss is NaN.

Training ends right after `patience` epochs in a row without improvement, or after `max_epochs` epochs. With
`patience=2` and `min_delta=0`, the validation losses 5, 4, 6, 3, 3, 7, 1 end it after epoch 6; epoch 4 is the best.

Each epoch goes on from the weights of the epoch before. At the end, **however it came**, the model holds the weights
that it had after its best epoch.

Return the pair `(best_epoch, losses)`: the number of the best epoch, counted from 1, and a list of the validation
losses of all epochs that were trained, in order. At least one of them is a number. Only NumPy and the standard library
are used.
"""

STARTER = '''\
import numpy as np


def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
    """Train with early stopping; return (best epoch, validation losses) and leave the best weights in the model."""
    raise NotImplementedError
'''

Arrays: TypeAlias = "dict[str, np.ndarray[Any, Any]]"
NAN = float("nan")
STEP = 2.0**-6
"""Losses and ``min_delta`` are multiples of it: then no rounding decides whether a loss is better by more."""
SPARE = 4
"""Epochs beyond ``max_epochs`` after which a loop is taken to be endless."""


class Model:
    """A model that is two arrays, with PyTorch's two methods."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self.loads: list[str] = []

    def state_dict(self) -> Arrays:
        """The model's own arrays, by name."""
        return dict(self._arrays)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Write the values of a state into the model's arrays.

        Raises:
            KeyError: a state with other names.
            ValueError: values of another shape.
        """
        if set(state) != set(self._arrays):
            raise KeyError(f"a state with the names {', '.join(self._arrays)} is needed")
        for name, own in self._arrays.items():
            values = np.array(state[name])
            if values.shape != own.shape:
                raise ValueError(f"{name} has shape {own.shape}, the state's has {values.shape}")
            if isinstance(state[name], np.ndarray) and np.shares_memory(state[name], own):
                self.loads = ["the model's own arrays, as they are now"]
            own[...] = values


class Run:
    """A training whose losses are written down beforehand: ``train_epoch`` and ``validate`` for one call of ``fit``."""

    def __init__(self, rng: np.random.Generator, losses: Sequence[float], max_epochs: int) -> None:
        self.model = Model({"head.weight": rng.standard_normal((3, 2)), "head.bias": rng.standard_normal(2)})
        self._losses = list(losses)
        self._limit = max_epochs + SPARE
        self._steps = [
            {name: rng.standard_normal(value.shape) for name, value in self.model.state_dict().items()}
            for _ in range(self._limit)
        ]
        self.epochs = 0
        self._known = {_key(self.model): (0, float(max(abs(loss) for loss in losses if loss == loss)) + 1.0)}

    def train_epoch(self, model: Model) -> float:
        """Change the model's arrays in place; the training loss, which falls in every epoch."""
        if self.epochs == self._limit:
            raise RuntimeError("train_epoch was called far more often than max_epochs")
        for name, values in model.state_dict().items():
            values *= 0.75
            values += self._steps[self.epochs][name]
        loss = self._losses[min(self.epochs, len(self._losses) - 1)]
        self.epochs += 1
        self._known[_key(model)] = (self.epochs, loss)
        return 1.0 / (1 + self.epochs)

    def validate(self, model: Model) -> float:
        """The loss that belongs to the model's weights, asked as often as one likes."""
        return self._known.get(_key(model), (0, NAN))[1]

    def holds(self) -> str:
        """Which epoch's weights the model holds."""
        epoch, _ = self._known.get(_key(self.model), (-1, NAN))
        return {-1: "those of no epoch", 0: "those from before the training"}.get(epoch, f"those of epoch {epoch}")


def _key(model: Model) -> bytes:
    return b"".join(value.tobytes() for _, value in sorted(model.state_dict().items()))


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Eight trainings: two that tell when patience ends, and six where an epoch more or less is all the same."""
    top = int(rng.integers(400, 600))
    low, gap = top - int(rng.integers(20, 60)), int(rng.integers(8, 17))
    # Bad epochs that improve on one another, the last as good as the best. Beyond the end: each way to count wrongly
    # ends somewhere else.
    late = [top, top + 40, top + 34, low, *(low + step for step in (18, 9, 0, 30, 35, 25, 45, 50, 55, -70, -80))]
    once = [top, low, low + 7, low - 30, low - 40, low - 20]
    # Lower by a little, by just the gap, by a little more; then never by enough, until far beyond the end.
    base = top - gap - 1
    small = [top + 3 * gap, top, top - gap // 2, top - gap, base, base - 3, base + 5 * gap, base - gap]
    small += [base + 3 * gap, base + 2 * gap, base + 1, base - 3 * gap, base - 5 * gap]
    creeping = [top, top - 1, top - 2, top - 3, top - 4, top - 5 * gap, top - 9 * gap]
    worse = [top, top + 9, low, *(low + step for step in (5, 30, 20, 8, 12, 3))]
    huge = [2**36 * value for value in (top, low, top - 2, low + 5, low + 2)]
    improving = [gap + 2, 1, -gap, -3 * gap, -9 * gap]
    unknown = [NAN, NAN, top, NAN, low, *rng.permutation([NAN, NAN, low + 9]), low + 9, NAN]
    return {
        "late": _play(student, rng, late, 3, 0, len(late) + 2),
        "once": _play(student, rng, once, 1, 0, len(once) + 2),
        "small": _play(student, rng, small, 4, gap, len(small) + 2),
        "creeping": _play(student, rng, creeping, 3, gap, len(creeping) + 2),
        "worse": _play(student, rng, worse, 3, 0, len(worse) + 2),
        "huge": _play(student, rng, huge, 4, 0, len(huge)),
        "improving": _play(student, rng, improving, 3, 2, len(improving)),
        "unknown": _play(student, rng, unknown, 3, 0, len(unknown) + 2),
    }


def _play(
    student: Student, rng: np.random.Generator, steps: Sequence[float], patience: int, delta: int, limit: int
) -> dict[str, Plain]:
    """One training with these losses and ``min_delta``, both in units of ``STEP``."""
    run = Run(rng, [float(value) * STEP for value in steps], limit)
    arguments = run.model, run.train_epoch, run.validate, limit, patience, delta * STEP
    outcome = student.outcome("fit", *arguments, read=_read)
    if "raised" in outcome:
        missing = dict.fromkeys(["epochs", "end", "holds", "loads", "weights"], "nothing was worked out")
        return {"best": outcome, "losses": outcome, "surplus": outcome, **missing}
    listed = outcome["losses"]
    return {
        **outcome,
        "surplus": len(listed) - run.epochs if isinstance(listed, list) else listed,
        "epochs": run.epochs,
        "end": "before max_epochs" if run.epochs < limit else "at max_epochs",
        "holds": run.holds(),
        # Tells a copy that was none from weights that were never put back.
        "loads": run.model.loads,
        "weights": np.concatenate([np.asarray(value).ravel() for value in run.model.state_dict().values()]),
    }


def _read(value: object) -> Plain:
    if not isinstance(value, tuple | list) or len(value) != 2:
        what = f"{len(value)} values" if isinstance(value, tuple | list) else f"one value of type {type_name(value)}"
        return {"best": what, "losses": what}
    best, losses = plain(value[0]), plain(value[1])
    return {"best": best, "losses": losses.tolist() if isinstance(losses, np.ndarray) else losses}


RUNS = {
    "late": "a training with two bad stretches",
    "once": "a training with patience 1",
    "small": "a training with min_delta",
    "creeping": "a training that creeps",
    "worse": "a training that gets worse",
    "huge": "a training that runs out of epochs",
    "improving": "a training whose last epoch is the best",
    "unknown": "a training with losses of NaN",
}
PARTS = {
    "epochs": "epochs trained",
    "end": "when it ended",
    "holds": "weights in the model at the end",
    "weights": "the numbers in the model at the end",
    "loads": "what was loaded into the model",
    "best": "best epoch",
    "losses": "losses returned",
    "surplus": "losses returned beyond one for each trained epoch",
}


def _of(runs: str, parts: str) -> dict[str, str]:
    return {f"{run}.{part}": f"{PARTS[part]} ({RUNS[run]})" for run in runs.split() for part in parts.split()}


EXERCISE = Exercise(
    id="14.4",
    title="Early stopping with the best weights",
    statement=STATEMENT,
    starter=STARTER,
    entry=("fit",),
    observe=observe,
    reading="Chapter 14, Early stopping",
    checks=(
        Check(
            name="patience",
            title="The training ends when its patience does, neither sooner nor later",
            points=2,
            fields=_of("late once", "epochs"),
            advice="Play the example of the text by hand, and write down your counter after each epoch.",
        ),
        Check(
            name="min-delta",
            title="An improvement is lower than the best by more than min_delta",
            points=2,
            fields=_of("small creeping", "end holds"),
            advice="What is compared with what? Take losses 5, 4.5, 4.25, 3.5 with min_delta=1: which are "
            "improvements?",
        ),
        Check(
            name="best-weights",
            title="The model ends with the weights of its best epoch",
            points=2,
            fields=_of("worse", "holds weights loads"),
            advice="Training changes the model's arrays in place. What becomes of the dict that you kept?",
        ),
        Check(
            name="out-of-epochs",
            title="A training that runs out of epochs ends in the same way",
            points=1,
            fields=_of("huge improving", "epochs holds"),
            advice="Follow your code when no epoch exhausts the patience. What happens after the last one?",
        ),
        Check(
            name="nan",
            title="A loss of NaN is an epoch without improvement",
            points=1,
            fields=_of("unknown", "end holds"),
            advice="Every comparison with NaN is false. Which of your branches does that lead into?",
        ),
        Check(
            name="best-epoch",
            title="The number of the best epoch is returned",
            points=1,
            fields=_of("small worse huge improving", "best"),
            advice="Epochs are counted from 1, and the best is the last one that was an improvement.",
        ),
        Check(
            name="losses",
            title="The validation losses of all trained epochs are returned",
            points=1,
            fields=_of("huge improving", "losses") | _of("worse unknown", "surplus"),
            advice="Is the loss of the last epoch in your list?",
        ),
    ),
    hints=(
        "Four things are carried from epoch to epoch: which, and when does each of them change?",
        "An epoch is an improvement or it is not: two branches and no third. In one the best loss, its epoch and a "
        "copy of the weights are kept and the counter goes back to 0; in the other the counter goes up.",
        "Start with best_loss = math.inf. If loss < best_loss - min_delta, keep {name: value.copy() for name, value in "
        "model.state_dict().items()}; else add 1 to wait and break when wait reaches patience. Load after the loop.",
    ),
)
