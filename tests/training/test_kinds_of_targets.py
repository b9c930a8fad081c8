"""Masks, quantities and soft labels go through the engine; the oracle is the NumPy reference on the predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from coursekit import losses, metrics
from coursekit.data import ArrayDataset
from coursekit.training import Trainer

FRAMEWORKS = ["torch", "tensorflow"]
RNG = np.random.default_rng(0)
IMAGES = RNG.random((21, 6, 6, 1), dtype=np.float32)
MASKS = (IMAGES[..., 0] * 3).astype(np.uint8)
MEANS = IMAGES.mean((1, 2, 3))


def model(framework: str, outputs: int, *, dense: bool) -> Any:
    """A map of logits per pixel, or numbers per image."""
    if framework == "torch":
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        layers = [torch.nn.Conv2d(1, outputs, 3, padding=1)]
        return torch.nn.Sequential(*layers, *([torch.nn.Flatten(), torch.nn.LazyLinear(outputs)] if dense else []))
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    parts = [keras.Input((6, 6, 1)), keras.layers.Conv2D(outputs, 3, padding="same")]
    return keras.Sequential(parts + ([keras.layers.Flatten(), keras.layers.Dense(outputs)] if dense else []))


CASES: dict[str, tuple[losses.Loss, ArrayDataset, int, Any]] = {
    "pixels": (losses.PixelwiseCrossEntropy(), ArrayDataset(IMAGES, MASKS[:, 0, 0], masks=MASKS), 3, MASKS),
    "weighted pixels": (
        losses.PixelwiseCrossEntropy(class_weights=(1.0, 2.0, 5.0), ignore_index=1),
        ArrayDataset(IMAGES, MASKS[:, 0, 0], masks=MASKS.astype(np.int64)),
        3,
        MASKS,
    ),
    "dice": (losses.Dice(), ArrayDataset(IMAGES, MASKS[:, 0, 0], masks=MASKS), 3, MASKS),
    "mse": (losses.MSE(), ArrayDataset(IMAGES, MEANS), 1, MEANS[:, None]),
    "l1": (losses.L1(), ArrayDataset(IMAGES, np.stack([MEANS, 1 - MEANS], 1)), 2, np.stack([MEANS, 1 - MEANS], 1)),
    "bce": (losses.BCEWithLogits(2.0), ArrayDataset(IMAGES, (MEANS > 0.5).astype(np.int64)), 1, (MEANS > 0.5)[:, None]),
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("case", CASES)
def test_loss_and_learning(case: str, framework: str) -> None:
    spec, dataset, outputs, targets = CASES[case]
    trainer = Trainer(model(framework, outputs, dense=spec.target_kind != "mask"), spec, "adam", 0.01)
    history = trainer.fit(dataset, epochs=5, batch_size=8, progress=False)
    assert history["loss"][-1] < history["loss"][0]
    expected = spec(
        trainer.predict(IMAGES).astype(np.float64), np.asarray(targets, np.float64 if outputs < 3 else None)
    )
    assert trainer.evaluate(dataset, batch_size=8)["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_soft_labels_of_an_augmentation(framework: str) -> None:
    """Mixed labels are probabilities; whole ones in the same epoch stay class numbers."""

    def mix(images: Any, labels: Any, rng: np.random.Generator) -> tuple[Any, Any]:
        share, other = rng.random(), rng.permutation(len(images))
        one_hot = np.eye(3, dtype=np.float32)[labels]
        mixed = (share * images + (1 - share) * images[other]).astype(np.float32)
        return mixed, (share * one_hot + (1 - share) * one_hot[other]).astype(np.float32)

    dataset = ArrayDataset(IMAGES, MASKS[:, 0, 0], ("a", "b", "c"))
    loss = losses.CrossEntropy(class_weights=(1.0, 2.0, 3.0), label_smoothing=0.1)
    trainer = Trainer(model(framework, 3, dense=True), loss, "sgd", 1e-9)
    start = trainer.predict(IMAGES)
    history = trainer.fit(dataset, epochs=1, batch_size=8, augment=mix, shuffle=False, progress=False)
    from coursekit.data import Loader

    batches = list(Loader(dataset, 8, shuffle=False, augment=mix))
    values = [(loss(trainer.predict(x).astype(np.float64), y), len(x)) for x, y in batches]
    expected = sum(value * size for value, size in values) / sum(size for _, size in values)
    assert history["loss"] == pytest.approx([expected], rel=1e-5)
    assert np.allclose(start, trainer.predict(IMAGES), atol=1e-6)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_metrics_see_every_sample_once(framework: str) -> None:
    dataset = ArrayDataset(IMAGES, MASKS[:, 0, 0], ("a", "b", "c"))
    names = ["accuracy", "f1", "balanced_accuracy", "top_2_accuracy"]
    trainer = Trainer(model(framework, 3, dense=True), metrics=names)
    figures = trainer.evaluate(dataset, batch_size=8)
    outputs = trainer.predict(IMAGES)
    for name, function in (("accuracy", metrics.accuracy), ("f1", metrics.f1)):
        assert figures[name] == pytest.approx(function(outputs, dataset.labels))
    assert figures["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy(outputs, dataset.labels))
    assert figures["top_2_accuracy"] == pytest.approx(metrics.top_k_accuracy(outputs, dataset.labels, k=2))
