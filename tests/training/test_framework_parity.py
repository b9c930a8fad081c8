"""Both frameworks, one run: the same weights, batches and named optimizer give the same losses, step by step.

How long two correct float32 programs can stay together is a property of the model. ReLU and max pooling make the
gradient jump where two numbers change order; mini_vgg compares some 200,000 pairs per batch, so that a rounding of
1e-7 turns one of them every few dozen steps. Adam and RMSprop, which divide by the size of the gradient, and batch
norm then make the difference grow tenfold in some ten steps. LeNet-5 (tanh, average pooling) has no such jumps and is
compared at ordinary rates. The others are compared at rates at which a rounding does not grow; and, at ordinary ones,
held against PyTorch itself with weights that were rounded differently.

Validation with batch norm is further apart than training, by up to 5e-4: PyTorch's running variance is the unbiased
one, Keras's the biased.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit import data, losses, models, optimizers, schedules
from coursekit.training import History, Trainer
from coursekit.training.callbacks import LRSchedule

torch = pytest.importorskip("torch")
pytest.importorskip("tensorflow")

EPOCHS, STEPS = 5, 100  # 1,257 digits in batches of 64
RATES: dict[str, dict[str, float]] = {
    "lenet5": {"sgd": 0.1, "momentum": 0.05, "rmsprop": 1e-3, "adam": 1e-3, "adamw": 1e-3},
    "mini_vgg": {"sgd": 0.01, "momentum": 1e-3, "rmsprop": 1e-5, "adam": 5e-5, "adamw": 5e-5},
    "mini_resnet": {"sgd": 5e-3, "momentum": 5e-4, "rmsprop": 2e-5, "adam": 1e-4, "adamw": 1e-4},
}
TOLERANCE = {"lenet5": 1e-4, "mini_vgg": 1e-4, "mini_resnet": 1e-3}
SMALLER: dict[str, dict[str, Any]] = {"mini_resnet": {"blocks": (1, 1, 1), "width": 8}}
CLASS_WEIGHTS = tuple(np.linspace(0.5, 2.0, 10))


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(
    framework: str, name: str, optimizer: str, rate: float, *, everything: bool = False, rounded: int | None = None
) -> History:
    """A hundred steps; ``everything`` is weight decay, class weights, label smoothing, clipping and a schedule."""
    splits = data.load("digits")
    extra = SMALLER.get(name, {})
    model = models.build(name, framework, input_shape=splits.input_shape, num_classes=10, seed=3, **extra)
    if rounded is not None:  # up to half a unit in the last place, as any other order of sums would give
        rng = np.random.default_rng(rounded)
        weights = models.get_weights(model).items()
        models.set_weights(
            model, {k: (w * (1 + rng.uniform(-6e-8, 6e-8, w.shape))).astype(w.dtype) for k, w in weights}
        )
    spec = optimizers.get(optimizer, weight_decay=1e-3) if everything else optimizer
    loss = losses.CrossEntropy(class_weights=CLASS_WEIGHTS, label_smoothing=0.1) if everything else "cross_entropy"
    trainer = Trainer(model, loss, spec, rate, seed=1, clip_norm=1.0 if everything else None)
    callbacks = [LRSchedule(schedules.Cosine(STEPS, minimum=0.1), per="step")] if everything else []
    return trainer.fit(
        splits.train, splits.validation, epochs=EPOCHS, batch_size=64, callbacks=callbacks, progress=False
    )


def differences(ours: History, theirs: History) -> dict[str, np.ndarray]:
    """Relative differences of every step's and every epoch's losses."""
    pairs = {"step": (ours.steps["loss"], theirs.steps["loss"])} | {
        k: (ours[k], theirs[k]) for k in ("loss", "val_loss")
    }
    return {key: np.abs(np.array(a) / np.array(b) - 1) for key, (a, b) in pairs.items()}


@pytest.mark.parametrize("everything", [False, True], ids=["bare", "everything"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "rmsprop", "adam", "adamw"])
@pytest.mark.parametrize("name", RATES)
def test_a_hundred_steps(name: str, optimizer: str, everything: bool) -> None:
    rate = RATES[name][optimizer]
    ours, theirs = (run(kind, name, optimizer, rate, everything=everything) for kind in ("torch", "tensorflow"))
    found = {key: float(values.max()) for key, values in differences(ours, theirs).items()}
    assert len(ours.steps["loss"]) == STEPS
    assert ours.steps["learning_rate"] == theirs.steps["learning_rate"]
    assert ours["loss"][-1] < ours["loss"][0]
    assert max(found.values()) < TOLERANCE[name], found


@pytest.mark.parametrize(
    ("name", "optimizer", "rate"),
    [("mini_vgg", "adam", 1e-3), ("mini_vgg", "rmsprop", 1e-3), ("mini_resnet", "momentum", 0.01)],
)
def test_at_ordinary_rates_no_further_apart_than_two_roundings(name: str, optimizer: str, rate: float) -> None:
    ours, theirs = (run(kind, name, optimizer, rate) for kind in ("torch", "tensorflow"))
    apart = differences(ours, theirs)["step"]
    roundings = [differences(run("torch", name, optimizer, rate, rounded=n), ours)["step"] for n in range(3)]
    assert ours["loss"][-1] < 0.5 * ours["loss"][0]
    assert apart[0] < 1e-6
    assert apart.mean() < 10 * max(1e-4, *(rounded.mean() for rounded in roundings))
