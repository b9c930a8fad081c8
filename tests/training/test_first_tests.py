"""lr_find, overfit_one_batch, check_initial_loss and cross_validate."""

from __future__ import annotations

import math
import os
import warnings
from typing import Any

import numpy as np
import pytest

from coursekit import data, losses, models
from coursekit.backends.reference import ReferenceModel
from coursekit.backends.reference_layers import Conv2D, Dense, Flatten, MaxPool, ReLU
from coursekit.data import ArrayDataset
from coursekit.errors import ConfigurationError, DataError
from coursekit.training import Trainer, check_initial_loss, cross_validate, linear_scaled, lr_find, overfit_one_batch
from coursekit.training.callbacks import EarlyStopping
from coursekit.training.lr_finder import proposals

FRAMEWORKS = ["torch", "tensorflow"]
MODELS = ["lenet5", "mini_vgg", "mini_resnet", "tiny_cnn"]


@pytest.fixture(scope="module")
def digits() -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return data.load("digits")


def reference(seed: int = 1, classes: int = 10) -> ReferenceModel:
    layers = {"conv": Conv2D(1, 4, 3, padding=1), "relu": ReLU(), "pool": MaxPool()}
    return ReferenceModel({**layers, "flatten": Flatten(), "head": Dense(64, classes)}, seed=seed)


def build(framework: str, name: str = "mini_vgg", **options: Any) -> Any:
    if framework == "torch":
        import torch

        torch.set_num_threads(1)
    options = {"width": 4, "dropout": 0.25, **options} if name == "mini_vgg" else options
    return getattr(models, name)(framework, **{"input_shape": (8, 8, 1), "num_classes": 10, **options})


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


# Nothing is left behind ---------------------------------------------------


@pytest.mark.parametrize(
    ("framework", "trained"),
    [("reference", False), ("reference", True), ("torch", False), ("torch", True), ("tensorflow", True)],
)
def test_all_three_leave_everything_as_found(framework: str, trained: bool, digits: Any) -> None:
    """State before and after, and the run that follows, against a twin that was left alone: bit for bit."""
    twins = []
    for disturbed in (False, True):
        model = reference() if framework == "reference" else build(framework)
        trainer = Trainer(model, learning_rate=0.01)
        if trained:
            trainer.fit(digits.train[:96], epochs=1, progress=False)
        if disturbed:
            before = trainer.backend.get_weights()
            user = _user_stream(framework)
            if framework == "torch":
                model.layer2.eval()
                modes = [module.training for module in model.modules()]
            lr_find(trainer, digits.train, steps=20, batch_size=16)
            overfit_one_batch(trainer, digits.train, steps=20)
            check_initial_loss(trainer, digits.train, batch_size=32)
            assert same(before, trainer.backend.get_weights())
            assert np.array_equal(user, _user_stream(framework))
            assert len(trainer.history.epochs) == int(trained)
            if framework == "torch":
                assert trained or all(parameter.grad is None for parameter in model.parameters())
                assert modes == [module.training for module in model.modules()]
        trainer.fit(digits.train[:96], epochs=2, progress=False)
        twins.append((trainer.backend.get_state()[0], trainer.history.to_json()))
    assert same(twins[0][0], twins[1][0])
    assert twins[0][1] == twins[1][1]


def _user_stream(framework: str) -> Any:
    if framework == "torch":
        import torch

        return torch.get_rng_state().numpy()
    return np.random.get_state()[1]


def test_a_shuffling_loader_leaves_the_user_s_stream_alone(digits: Any) -> None:
    import torch

    images = torch.from_numpy(digits.train.images[:64]).permute(0, 3, 1, 2)
    pairs = torch.utils.data.TensorDataset(images, torch.from_numpy(digits.train.labels[:64]))
    loader = torch.utils.data.DataLoader(pairs, batch_size=16, shuffle=True)
    trainer = Trainer(build("torch"), learning_rate=0.01)
    before = torch.get_rng_state()
    lr_find(trainer, loader, steps=12)
    report = overfit_one_batch(trainer, loader, steps=300)
    check_initial_loss(trainer, loader)
    assert torch.equal(before, torch.get_rng_state())
    assert report.passed, report


# lr_find ---------------------------------------------------


def test_proposals_on_a_curve_that_is_known() -> None:
    """A logistic fall in log(rate), steepest at 1e-3, then a parabola with its minimum where the fall has ended."""
    rates = np.geomspace(1e-6, 1, 601)
    x = np.log10(rates)
    curve = 2.3 / (1 + np.exp(4 * (x + 3))) + 0.5 * np.maximum(x + 1, 0) ** 2 - 0.01 * np.minimum(x + 1, 0)
    steepest, minimum = proposals(rates, curve)
    assert steepest == pytest.approx(1e-3, rel=0.02)
    assert minimum == pytest.approx(0.1, rel=0.1)
    assert proposals(rates, np.linspace(1, 2, 601)) == (None, None)


def test_rates_losses_and_the_average_are_what_they_are_said_to_be(digits: Any) -> None:
    """Against the same sweep made by hand, with plain formulas."""
    from coursekit import optimizers

    result = lr_find(reference(), digits.train, start=1e-5, end=1e-2, steps=15, batch_size=16, optimizer="sgd")
    np.testing.assert_allclose(result.rates, 1e-5 * 1000 ** (np.arange(15) / 14), rtol=1e-12)
    model, loss, spec = reference(), losses.get("cross_entropy"), optimizers.get("sgd")
    order = np.random.default_rng([0, 0, 0]).permutation(len(digits.train))
    expected, average = [], 0.0
    for step, rate in enumerate(result.rates):
        batch = order[16 * step : 16 * (step + 1)]
        outputs, backward = model.forward(digits.train.images[batch], training=True)
        expected.append(loss(outputs, digits.train.labels[batch]))
        gradients = backward(loss.gradient(outputs, digits.train.labels[batch]))[1]
        moved, _ = spec.update(model.parameters(), gradients, spec.init(model.parameters()), float(rate))
        model.set_weights(moved)
        average = 0.9 * average + 0.1 * expected[-1]
        assert result.smoothed[step] == pytest.approx(average / (1 - 0.9 ** (step + 1)), rel=1e-5)
    np.testing.assert_allclose(result.losses, expected, rtol=1e-5)
    assert not result.diverged


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_suggestion_trains_and_the_sweep_ends_when_it_diverges(framework: str, digits: Any) -> None:
    result = lr_find(build(framework, "tiny_cnn"), digits.train, end=100.0, batch_size=32, optimizer="momentum")
    assert result.diverged
    assert len(result.rates) < 100
    assert result.smoothed[-1] > 4 * result.smoothed[:-1].min() or not math.isfinite(result.losses[-1])
    assert result.suggestion is not None

    def after_training(rate: float) -> float:
        trainer = Trainer(build(framework, "tiny_cnn"), optimizer="momentum", learning_rate=rate)
        trainer.fit(digits.train, epochs=2, batch_size=32, progress=False)
        return trainer.evaluate(digits.validation)["loss"]

    good = after_training(result.suggestion)
    assert good < after_training(result.suggestion / 100)
    assert not good > after_training(result.suggestion * 100)


def test_the_plot_shows_both_proposals(digits: Any) -> None:
    result = lr_find(reference(), digits.train, steps=60)
    axes = result.plot().axes[0]
    assert axes.get_xscale() == "log"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[2:] == [f"steepest: {result.steepest:.2g}", f"minimum / 10: {result.minimum_tenth:.2g}"]
    assert f"{result.suggestion:.2g}" in repr(result)


@pytest.mark.parametrize(
    "options",
    [
        {"start": 0.0},
        {"start": 1.0, "end": 0.1},
        {"steps": 5},
        {"smoothing": 1.0},
        {"diverges_at": 1.0},
        {"optimizr": 1},
    ],
)
def test_sweeps_without_meaning(options: dict[str, Any], digits: Any) -> None:
    with pytest.raises((ConfigurationError, TypeError)):
        lr_find(reference(), digits.train, **options)
    with pytest.raises(ConfigurationError):
        lr_find(Trainer(reference()), digits.train, **{"optimizer": "sgd", **options})


# overfit_one_batch ---------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_model_passes_both_tests(framework: str, name: str, digits: Any) -> None:
    options = {"width": 4} if name == "mini_resnet" else {}
    trainer = Trainer(build(framework, name, **options), learning_rate=3e-3)
    report = overfit_one_batch(trainer, digits.train)
    assert report.passed, report
    assert (report.accuracy, report.advice) == (1.0, "")
    initial = check_initial_loss(trainer, digits.train)
    assert initial.passed, initial
    assert initial.expected == pytest.approx(math.log(10))


def test_the_batch_has_as_many_classes_as_fit(digits: Any) -> None:
    from coursekit.training.trial import one_batch

    trainer = Trainer(reference())
    for size, counts in ((4, [1] * 4), (10, [1] * 10), (25, [3] * 5 + [2] * 5)):
        source: Any = one_batch(trainer, digits.train, size)
        found = np.bincount(source.loader.dataset.labels, minlength=10)
        assert sorted(found[found > 0], reverse=True) == counts


def failing(digits: Any, case: str) -> tuple[Trainer, ArrayDataset]:
    train = digits.train
    if case == "blew up":
        return Trainer(reference(), optimizer="sgd", learning_rate=1e30), train
    if case == "hardly falls":
        return Trainer(reference(), optimizer="sgd", learning_rate=1e-6), train
    if case == "slowly":
        return Trainer(reference(), optimizer="sgd", learning_rate=2e-3), train
    if case == "has moved":
        model = reference()
        model.freeze("conv", "head")
        return Trainer(model), train
    if case == "same image twice":
        twice = ArrayDataset(np.repeat(train.images[:4], 2, axis=0), np.arange(8) % 2, ("a", "b"))
        return Trainer(reference(classes=2), learning_rate=0.01), twice
    model = reference()
    model.set_weights({name: array * 0 for name, array in model.weights().items()})
    model.freeze("conv")
    return Trainer(model, learning_rate=0.01), train


@pytest.mark.parametrize(
    "case", ["blew up", "hardly falls", "slowly", "has moved", "same image twice", "same output for every image"]
)
def test_what_cannot_learn_is_told_why(case: str, digits: Any) -> None:
    trainer, train = failing(digits, case)
    with np.errstate(all="ignore"):
        report = overfit_one_batch(trainer, train)
    assert not report.passed
    assert case in report.advice
    assert str(report).startswith("FAILED")


@pytest.mark.parametrize(
    ("first", "last", "accuracy", "passed"),
    [(2.3, 1.0, 0.875, False), (2.3, 1.0, 1.0, True), (2.3, 1.2, 1.0, False), (0.08, 0.07, 1.0, True)],
)
def test_what_counts_as_learnt(first: float, last: float, accuracy: float, passed: bool) -> None:
    from coursekit.training.first_tests import _learnt

    assert _learnt(first, last, accuracy) == passed


def test_targets_that_are_no_classes_go_by_the_loss(digits: Any) -> None:
    images = digits.train.images[:40]
    dataset = ArrayDataset(images, images.mean((1, 2, 3)).astype(np.float32))
    report = overfit_one_batch(reference(classes=1), dataset, loss="mse", learning_rate=0.003, steps=500)
    assert report.accuracy is None
    assert report.passed, report
    assert report.last_loss <= 0.1 * report.first_loss


# check_initial_loss ---------------------------------------------------


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", MODELS)
def test_no_false_alarm(framework: str, name: str) -> None:
    """Other sizes, channels, numbers of classes, imbalance, standardised images, weighted and smoothed losses."""
    scenes = data.load("scenes", classes=3, n=90, size=16, seed=0).train
    rng = np.random.default_rng(0)
    noise = ArrayDataset(
        rng.normal(size=(64, 16, 16, 3)).astype(np.float32), rng.integers(0, 100, 64), tuple(map(str, range(100)))
    )
    weighted = losses.CrossEntropy(class_weights=(1.0, 5.0, 20.0), label_smoothing=0.1)
    for dataset, loss in ((scenes, "cross_entropy"), (scenes, weighted), (noise, "cross_entropy")):
        for seed in range(2 if framework == "torch" else 1):
            options = {"input_shape": (16, 16, 3), "num_classes": dataset.num_classes, "seed": seed}
            report = check_initial_loss(build(framework, name, **options), dataset, loss=loss)
            assert report.passed, report
            assert report.note == ""


def test_images_that_were_not_scaled(digits: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        large = ArrayDataset(digits.train.images * 255, digits.train.labels, digits.train.class_names)
        report = check_initial_loss(reference(), large)
    assert not report.passed
    assert "divide by 255" in str(report)
    assert "sure of itself" in str(report)
    small = ArrayDataset(digits.train.images / 255, digits.train.labels, digits.train.class_names)
    assert "twice" in str(check_initial_loss(reference(), small))


def test_a_softmax_before_the_loss(digits: Any) -> None:
    import torch

    model = build("torch", "tiny_cnn")
    report = check_initial_loss(torch.nn.Sequential(model, torch.nn.Softmax(-1)), digits.train)
    assert abs(report.loss - math.log(10)) < 0.1  # which is why the loss alone does not tell
    assert not report.passed
    assert "remove the softmax" in str(report)
    # log-softmax before a loss that applies it again changes nothing, and is no mistake.
    assert check_initial_loss(torch.nn.Sequential(model, torch.nn.LogSoftmax(-1)), digits.train).passed


def test_a_sum_in_place_of_a_mean(digits: Any) -> None:
    import torch

    def cross_entropy(outputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(outputs, targets, reduction="sum")

    report = check_initial_loss(build("torch", "tiny_cnn"), digits.train, loss=cross_entropy)
    assert "a sum over the 256 images" in str(report)


def test_keras_s_from_logits(digits: Any) -> None:
    import keras

    logits = build("tensorflow", "tiny_cnn")
    probabilities = keras.Sequential([keras.Input((8, 8, 1)), logits, keras.layers.Softmax()])
    for model, from_logits, passed in ((logits, True, True), (logits, False, False), (probabilities, False, True)):
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)
        report = check_initial_loss(model, digits.train, loss=loss)
        assert report.passed == passed, report
    assert "remove the softmax" in str(check_initial_loss(probabilities, digits.train))


def test_a_trained_model_is_below_and_not_suspicious(digits: Any) -> None:
    trainer = Trainer(reference(), learning_rate=0.01)
    trainer.fit(digits.train, epochs=5, progress=False)
    report = check_initial_loss(trainer, digits.train)
    assert report.passed
    assert "trained already" in str(report)


def test_other_losses(digits: Any) -> None:
    halves = ArrayDataset(digits.train.images, (digits.train.labels > 4).astype(np.float32)[:, None])
    report = check_initial_loss(reference(classes=1), halves, loss="bce_with_logits")
    assert report.passed, report
    assert report.expected == pytest.approx(math.log(2))
    assert check_initial_loss(reference(classes=1), halves, loss="mse").expected is None


# cross_validate ---------------------------------------------------


def test_folds_are_trained_apart_and_held_out(digits: Any) -> None:
    result = cross_validate(reference, digits.train[:200], k=4, epochs=2, seed=3, learning_rate=0.01)
    by_hand = []
    for train, validation in data.k_fold(digits.train[:200], 4, seed=3):
        trainer = Trainer(reference(), learning_rate=0.01, seed=3)
        trainer.fit(train, validation, epochs=2, progress=False)
        by_hand.append(trainer.evaluate(validation))
    assert list(result.folds) == by_hand
    for name in ("loss", "accuracy"):
        values = [fold[name] for fold in by_hand]
        assert result.mean[name] == pytest.approx(np.mean(values))
        assert result.std[name] == pytest.approx(np.std(values, ddof=1))
    assert [len(history.epochs) for history in result.histories] == [2] * 4
    assert "(4 folds)" in str(result)


def test_callbacks_are_fresh_in_each_fold(digits: Any) -> None:
    made: list[EarlyStopping] = []

    def callbacks() -> list[EarlyStopping]:
        made.append(EarlyStopping(patience=1))
        return made[-1:]

    result = cross_validate(
        lambda: Trainer(reference(), learning_rate=0.1), digits.train[:99], k=3, callbacks=callbacks
    )
    assert len(made) == 3
    for stopping, fold in zip(made, result.folds, strict=True):
        assert fold["loss"] == pytest.approx(stopping.best, rel=1e-6)


def test_what_would_leak_or_cannot_be_folded(digits: Any) -> None:
    model, train = reference(), digits.train[:140]
    with pytest.raises(ConfigurationError, match="same model twice"):
        cross_validate(lambda: model, train, k=2, epochs=1)
    with pytest.raises(ConfigurationError, match="in place of a function"):
        cross_validate(model, train, k=2)
    with pytest.raises(ConfigurationError, match="fresh ones"):
        cross_validate(reference, train, k=2, callbacks=[EarlyStopping()])  # type: ignore[arg-type]  # the error is tested
    with pytest.raises(ConfigurationError, match="settings"):
        cross_validate(lambda: Trainer(reference()), train, k=2, epochs=1, optimizer="sgd")
    with pytest.raises(DataError, match="can be folded"):
        cross_validate(reference, [(train.images, train.labels)], k=2)


def test_linear_scaling_is_at_hand() -> None:
    assert linear_scaled(0.1, 1024, 256) == pytest.approx(0.4)
