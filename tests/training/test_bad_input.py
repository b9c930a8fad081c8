"""Mistakes cost a message, not an epoch: what was given, what is expected, how to mend it. Before any weight moves."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import data, losses, models
from coursekit.data import ArrayDataset
from coursekit.errors import (
    CallbackError,
    CheckpointError,
    CheckpointWarning,
    ConfigurationError,
    CoursekitError,
    DataError,
    DataWarning,
    ModelError,
)
from coursekit.training import Callback, Trainer
from coursekit.training.callbacks import Checkpoint

FRAMEWORKS = ["torch", "tensorflow"]
each_framework = pytest.mark.parametrize("framework", FRAMEWORKS)


@pytest.fixture(scope="module")
def digits() -> ArrayDataset:
    return data.load("digits").train[:64]


@pytest.fixture(scope="module")
def others() -> ArrayDataset:
    return data.load("digits").train[64:96]


def tiny(framework: str, channels: int = 1, classes: int = 10) -> Any:
    """Of any size, so that nothing but the channels and the head can be wrong."""
    return models.mini_vgg(framework, input_shape=(None, None, channels), num_classes=classes, width=2)


def trainer_of(framework: str, *arguments: Any, channels: int = 1, classes: int = 10, **options: Any) -> Trainer:
    return Trainer(tiny(framework, channels, classes), *arguments, **options)


def fit(trainer: Trainer, *arguments: Any, **options: Any) -> Any:
    return trainer.fit(*arguments, **{"batch_size": 16, "progress": False} | options)


@contextmanager
def refused(kind: type[CoursekitError], *words: str, trainer: Trainer | None = None) -> Iterator[None]:
    """The error is of this kind, says all these words, has all three parts, and came before anything was learnt."""
    before = None if trainer is None else trainer.backend.get_weights()
    with pytest.raises(kind) as caught:
        yield
    error = caught.value
    assert type(error) is kind
    assert error.given, error
    assert error.expected, error
    assert error.mend, error
    assert len(str(error)) < 900  # a message, not a stack
    for word in words:
        assert re.search(word, str(error)), (word, str(error))
    if trainer is not None and before is not None:
        after = trainer.backend.get_weights()
        assert all(np.array_equal(before[name], after[name]) for name in before)


# Images ---------------------------------------------------------------------------------------------------------------


def test_arrays_that_are_no_data_set(digits: ArrayDataset) -> None:
    images, labels = digits.images, digits.labels
    with refused(DataError, r"channels first", r"transpose\(0, 2, 3, 1\)"):
        ArrayDataset(images.transpose(0, 3, 1, 2), labels)
    with refused(DataError, "empty", r"at least one image"):
        ArrayDataset(images[:0], labels[:0])
    with refused(DataError, "label 10 at index 5", "0 to 9"):
        ArrayDataset(images, np.where(np.arange(64) == 5, 10, labels), digits.class_names)
    with refused(DataError, r"negative label \(-1\)"):
        ArrayDataset(images, labels * 0 - 1)
    with refused(DataError, "one-hot", r"argmax\(axis=1\)"):
        ArrayDataset(images, np.eye(10)[labels])
    with refused(DataError, "64 images and labels of shape", "one label per image"):
        ArrayDataset(images, labels[:-1])
    broken = images.copy()
    broken[7, 2, 2] = np.nan
    with refused(DataError, "NaN", "index 7"):
        ArrayDataset(broken, labels)
    with pytest.warns(DataWarning, match="divide by 255"):
        ArrayDataset((images * 255).astype(np.uint8), labels)


@each_framework
def test_the_same_mistakes_in_arrays_given_to_fit(framework: str, digits: ArrayDataset) -> None:
    trainer = trainer_of(framework)
    images, labels = digits.images, digits.labels
    with refused(DataError, "channels first", trainer=trainer):
        fit(trainer, (images.transpose(0, 3, 1, 2), labels))
    with refused(DataError, "one-hot", trainer=trainer):
        fit(trainer, (images, np.eye(10)[labels]))
    with refused(DataError, "labels", r"\(images, labels\)", trainer=trainer):
        fit(trainer, images, labels)
    with refused(DataError, "empty", trainer=trainer):
        fit(trainer, (images[:0], labels[:0]))
    with pytest.warns(DataWarning, match="255"):
        fit(trainer, ((images * 255).astype(np.uint8), labels))


@each_framework
def test_predict(framework: str, digits: ArrayDataset) -> None:
    trainer = trainer_of(framework)
    with refused(DataError, "channels first", "transpose"):
        trainer.predict(digits.images.transpose(0, 3, 1, 2))
    with refused(DataError, r"four axes|single image"):
        trainer.predict(digits.images[0])
    with refused(DataError, "empty"):
        trainer.predict(digits.images[:0])
    with refused(ModelError, "3 channels", r"input_shape=\(8, 8, 3\)"):
        trainer.predict(np.repeat(digits.images, 3, axis=-1))
    with refused(ConfigurationError, "batch_size=0"):
        trainer.predict(digits.images, batch_size=0)
    assert trainer.predict(digits.images).shape == (64, 10)


@each_framework
def test_wrong_number_of_channels(framework: str, digits: ArrayDataset) -> None:
    trainer = trainer_of(framework, channels=3)
    for call in (lambda: fit(trainer, digits), lambda: trainer.evaluate(digits)):
        with refused(ModelError, "1 channels", r"input_shape=\(8, 8, 1\)", trainer=trainer):
            call()


@each_framework
def test_a_head_of_the_wrong_width(framework: str, digits: ArrayDataset) -> None:
    trainer = trainer_of(framework, classes=7)
    for call in (lambda: fit(trainer, digits), lambda: trainer.evaluate(digits)):
        with refused(ModelError, "7 outputs for 10 classes", "num_classes=10", trainer=trainer):
            call()
    if framework == "torch":
        own = __import__("torch").nn.CrossEntropyLoss()
    else:
        own = __import__("keras").losses.SparseCategoricalCrossentropy(from_logits=True)
    trainer = trainer_of(framework, own, classes=7)
    with refused(ModelError, "7 outputs for 10 classes", trainer=trainer):
        fit(trainer, digits)
    with refused(DataError, "one class|1", "bce_with_logits", trainer=(single := trainer_of(framework, classes=1))):
        fit(single, digits)
    with pytest.warns(DataWarning, match="12 outputs for 10 classes"):
        fit(trainer_of(framework, classes=12), digits)


@each_framework
def test_class_weights_of_another_number(framework: str, digits: ArrayDataset) -> None:
    trainer = trainer_of(framework, losses.CrossEntropy(class_weights=(1.0, 2.0)))
    with refused(DataError, "2 class weights", "10 classes", trainer=trainer):
        fit(trainer, digits)


@each_framework
def test_validation_data(framework: str, digits: ArrayDataset, others: ArrayDataset) -> None:
    trainer = trainer_of(framework)
    both = ArrayDataset(np.concatenate([others.images[:16], digits.images[:16]]), np.zeros(32, np.int64))
    with pytest.warns(DataWarning, match=r"16 of 32 validation images are also in the training set"):
        fit(trainer, digits, both)
    with refused(DataError, r"\(8, 8, 1\)", r"\(8, 8, 3\)", trainer=trainer):
        fit(trainer, digits, ArrayDataset(np.repeat(others.images, 3, -1), others.labels))
    with refused(ModelError, "10 outputs for 12 classes", trainer=trainer):
        fit(trainer, digits, ArrayDataset(others.images, others.labels + 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(trainer, digits, others)


@each_framework
def test_what_is_no_data_at_all(framework: str, digits: ArrayDataset) -> None:
    trainer = trainer_of(framework)
    pairs = [(digits.images[:16], digits.labels[:16])]
    splits = data.load("digits")
    cases: list[tuple[Any, tuple[str, ...]]] = [
        (splits, ("three splits", r"data\.train")),
        (None, ("None as training data",)),
        ((pair for pair in pairs), ("generator", "only once")),
        (iter(pairs), ("only once",)),
        (zip(digits.images, digits.labels, strict=True), ("zip", "only once")),
        (lambda: pairs, ("function",)),
        (42, ("int",)),
        ([], ("no batch",)),
        ([digits.images[:16]], ("pairs",)),
        ([(digits.images[:16],)], ("1 parts", "pairs")),
    ]
    for given, words in cases:
        with refused(DataError, *words, trainer=trainer):
            fit(trainer, given)
    with refused(DataError, "three splits"):
        trainer.evaluate(splits)
    with refused(DataError, "three splits", trainer=trainer):
        fit(trainer, splits.train, splits)
    with refused(DataError, "only once", trainer=trainer):
        fit(trainer, digits, iter(pairs))


class Spent:
    """Looks re-iterable, and is empty the second time."""

    def __init__(self, batches: list[Any]) -> None:
        self.once = iter(batches)

    def __iter__(self) -> Iterator[Any]:
        return self.once


@each_framework
def test_an_iterable_that_is_used_up(framework: str, digits: ArrayDataset) -> None:
    with refused(DataError, "no batch in epoch 2", "again"):
        fit(trainer_of(framework), Spent([(digits.images, digits.labels)]), epochs=2)


# Streams: what can be seen of them is their first batch ---------------------------------------------------------------


@each_framework
def test_streams(framework: str, digits: ArrayDataset) -> None:
    images, labels = digits.images[:16], digits.labels[:16]
    broken = images.copy()
    broken[3] = np.inf
    trainer = trainer_of(framework)
    cases: list[tuple[type[CoursekitError], Any, tuple[str, ...]]] = [
        (ModelError, (images.transpose(0, 3, 1, 2), labels), ("channels", r"transpose\(0, 2, 3, 1\)")),
        (ModelError, (images, labels * 0 + 10), ("10 outputs for 11 classes",)),
        (DataError, (images, labels * 0 - 1), ("-1",)),
        (DataError, (images, np.eye(10, dtype=np.int64)[labels]), ("argmax",)),
        (DataError, (broken, labels), ("NaN or infinity",)),
        (DataError, (images, labels[:-1]), ("one target per image",)),
        (DataError, (images[:0], labels[:0]), ("images",)),
        (DataError, (images[..., 0], labels), ("four axes",)),
        (ModelError, (np.repeat(images, 3, -1), labels), ("3 channels",)),
    ]
    for kind, batch, words in cases:
        for call in (lambda b: fit(trainer, [b]), lambda b: trainer.evaluate([b])):
            with refused(kind, *words, trainer=trainer):
                call(batch)
    with pytest.warns(DataWarning, match="Divide by 255"):
        fit(trainer, [((images * 255).astype(np.uint8), labels)])
    with refused(ConfigurationError, "augment", "ArrayDataset", trainer=trainer):
        fit(trainer, [(images, labels)], augment=lambda x, y, _: (x, y))


def test_torch_tensors_channels_last(digits: ArrayDataset) -> None:
    torch = pytest.importorskip("torch")
    trainer = trainer_of("torch")
    batch = torch.from_numpy(digits.images[:16].copy()), torch.from_numpy(digits.labels[:16].copy())
    with refused(ModelError, "channels", "PyTorch tensors channels first", trainer=trainer):
        fit(trainer, [batch])
    with refused(ModelError, "10 outputs for 11 classes", trainer=trainer):
        fit(trainer, [(batch[0].permute(0, 3, 1, 2), batch[1] * 0 + 10)])


# Arguments ------------------------------------------------------------------------------------------------------------


@each_framework
def test_names_nobody_knows(framework: str) -> None:
    with refused(ConfigurationError, "unknown loss 'cross_entrophy'", "did you mean 'cross_entropy'"):
        trainer_of(framework, "cross_entrophy")
    with refused(ConfigurationError, "unknown optimizer 'adm'", "did you mean 'adam'"):
        trainer_of(framework, optimizer="adm")
    with refused(ConfigurationError, "unknown optimizer 'Adam'", "did you mean 'adam'"):
        trainer_of(framework, optimizer="Adam")
    with refused(ConfigurationError, "unknown metric 'acuracy'", "did you mean 'accuracy'"):
        trainer_of(framework, metrics=["acuracy"])
    with refused(ConfigurationError, "loss of type int"):
        trainer_of(framework, 3)
    with refused(ConfigurationError, "optimizer of type int"):
        trainer_of(framework, optimizer=3)
    with refused(ConfigurationError, "metrics='accuracy'|metric", r"\["):
        trainer_of(framework, metrics="accuracy")
    with refused(ConfigurationError, "'giou'", "function"):
        trainer_of(framework, "giou")


@pytest.mark.parametrize("rate", [0, -0.1, float("nan"), float("inf"), "0.1", True, [0.1]])
@each_framework
def test_learning_rates(framework: str, rate: Any) -> None:
    with refused(ConfigurationError, "learning_rate=", "positive number"):
        trainer_of(framework, learning_rate=rate)


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "8", None])
def test_counts(value: Any, digits: ArrayDataset) -> None:
    pytest.importorskip("torch")
    trainer = trainer_of("torch")
    for name in ("epochs", "batch_size"):
        with refused(ConfigurationError, f"{name}={value!r}", "positive integer", trainer=trainer):
            fit(trainer, digits, **{name: value})
    with refused(ConfigurationError, f"batch_size={value!r}"):
        trainer.evaluate(digits, batch_size=value)
    with refused(ConfigurationError, f"batch_size={value!r}"):
        trainer.evaluate([(digits.images, digits.labels)], batch_size=value)
    with refused(ConfigurationError, f"accumulate={value!r}"):
        trainer_of("torch", accumulate=value)


@each_framework
def test_other_arguments(framework: str, digits: ArrayDataset) -> None:
    with refused(ConfigurationError, "precision='fp8'", "bf16"):
        trainer_of(framework, precision="fp8")
    with refused(ConfigurationError, "clip_norm=0"):
        trainer_of(framework, clip_norm=0)
    with refused(ConfigurationError, "seed=1.5", "integer"):
        trainer_of(framework, seed=1.5)
    trainer = trainer_of(framework)
    with refused(DataError, "batch_size=65 for 64 training images", "batch_size=64 or less", trainer=trainer):
        fit(trainer, digits, batch_size=65)
    fit(trainer, digits, batch_size=64)


def test_a_model_of_neither_framework() -> None:
    torch = pytest.importorskip("torch")
    keras = pytest.importorskip("keras")
    from sklearn.linear_model import LogisticRegression

    with refused(ModelError, "LogisticRegression", r"torch\.nn\.Module or a keras\.Model"):
        Trainer(LogisticRegression())
    with refused(ModelError, "class Linear", r"Linear\(\.\.\.\)"):
        Trainer(torch.nn.Linear)
    with refused(ModelError, "class Sequential"):
        Trainer(keras.Sequential)
    with refused(ModelError, "NoneType"):
        Trainer(None)
    with refused(ModelError, "without parameters"):
        Trainer(torch.nn.Flatten())
    with refused(ModelError, "Dense"):  # a layer is no model
        Trainer(keras.layers.Dense(3))


def test_optimizers_of_another_model(digits: ArrayDataset) -> None:
    torch = pytest.importorskip("torch")
    keras = pytest.importorskip("keras")
    another = tiny("torch")
    with refused(ModelError, "none of the model's trainable parameters", r"model\.parameters\(\)"):
        trainer_of("torch", optimizer=torch.optim.Adam(another.parameters()))
    used = keras.optimizers.Adam()
    fit(trainer_of("tensorflow", optimizer=used), digits)
    trainer = trainer_of("tensorflow", optimizer=used)
    with refused(ModelError, "none of the model's trainable variables", trainer=trainer):
        fit(trainer, digits)
    with refused(ConfigurationError, "optimizer of type"):
        trainer_of("tensorflow", optimizer=torch.optim.Adam(another.parameters()))
    with refused(ConfigurationError, "optimizer of type"):
        trainer_of("torch", optimizer=keras.optimizers.Adam())
    with refused(ConfigurationError, "reduction='sum'"):
        trainer_of("torch", torch.nn.CrossEntropyLoss(reduction="sum"))
    with refused(ConfigurationError, "reduction='sum'"):
        trainer_of("tensorflow", keras.losses.SparseCategoricalCrossentropy(reduction="sum"))


def test_things_of_the_other_framework(digits: ArrayDataset) -> None:
    keras = pytest.importorskip("keras")
    torch = pytest.importorskip("torch")
    with refused(ConfigurationError, "SparseCategoricalCrossentropy"):
        trainer_of("torch", keras.losses.SparseCategoricalCrossentropy())
    with refused(ConfigurationError, "CrossEntropyLoss"):
        trainer_of("tensorflow", torch.nn.CrossEntropyLoss())
    for framework, argument in (("tensorflow", {"device": "cpu"}), ("tensorflow", {"channels_last": True})):
        with refused(ConfigurationError, next(iter(argument))):
            trainer_of(framework, **argument)
    with refused(ConfigurationError, "strategy"):
        trainer_of("torch", strategy=object())


# Callbacks and checkpoints --------------------------------------------------------------------------------------------


class Raises(Callback):
    def __init__(self, hook: str) -> None:
        def fail(state: Any) -> None:
            if state.epoch != 1 or hook in ("on_train_begin", "on_train_end"):
                raise OSError("no space left")

        setattr(self, hook, fail)


class Ends(Callback):
    ended = 0

    def on_train_end(self, state: Any) -> None:
        self.ended += 1


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_step_end", "on_epoch_end", "on_train_end"])
def test_a_callback_that_raises(hook: str, digits: ArrayDataset, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    trainer, before, after = trainer_of("torch", seed=3), Ends(), Ends()
    keeper = Checkpoint(tmp_path / "run")
    with pytest.raises(CallbackError, match=rf"Raises\.{hook} raised OSError: no space left") as caught:
        fit(trainer, digits, epochs=3, callbacks=[before, Raises(hook), after, keeper])
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.expected
    assert caught.value.mend
    assert (before.ended, after.ended) == (1, 1)
    if hook == "on_train_begin":
        return
    expected = {"on_train_end": 3}.get(hook, 1)
    history = fit(trainer_of("torch", seed=3), digits, epochs=3, callbacks=[keeper], resume=True)
    assert history.epochs == [1, 2, 3]
    assert len(trainer.history.epochs) >= expected
    assert history["loss"][:expected] == trainer.history["loss"][:expected]


def test_what_is_no_callback(digits: ArrayDataset) -> None:
    keras = pytest.importorskip("keras")
    pytest.importorskip("torch")
    trainer, one = trainer_of("torch"), Ends()
    cases = [([Ends], "class Ends"), ([keras.callbacks.History()], "type History"), ([one, one], "twice"), ([3], "int")]
    for callbacks, words in cases:
        with refused(ConfigurationError, words, trainer=trainer):
            fit(trainer, digits, callbacks=callbacks)
    with refused(ConfigurationError, "Ends", r"\[", trainer=trainer):
        fit(trainer, digits, callbacks=one)


@each_framework
def test_resume_of_another_run(framework: str, digits: ArrayDataset, others: ArrayDataset, tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def resumed(dataset: ArrayDataset, trainer: Trainer, **options: Any) -> Callable[[], Any]:
        return lambda: fit(trainer, dataset, epochs=2, callbacks=[Checkpoint(folder)], resume=True, **options)

    fit(trainer_of(framework), digits, callbacks=[Checkpoint(folder)])
    wider = models.mini_vgg(framework, input_shape=(8, 8, 1), width=3)
    relabelled = ArrayDataset(digits.images, (digits.labels + 1) % 10)
    cases: list[tuple[str, ArrayDataset, Trainer, dict[str, Any]]] = [
        ("another model", digits, Trainer(wider), {}),
        ("another training data", others, trainer_of(framework), {}),
        ("another training data", relabelled, trainer_of(framework), {}),
        ("another training data", digits[::-1], trainer_of(framework), {}),
        ("another optimizer", digits, trainer_of(framework, optimizer="sgd"), {}),
        ("another batch size", digits, trainer_of(framework), {"batch_size": 8}),
        ("another seed", digits, trainer_of(framework, seed=9), {}),
    ]
    for words, dataset, trainer, options in cases:
        with refused(CheckpointError, words, "resume=False", trainer=trainer):
            resumed(dataset, trainer, **options)()
    with refused(CheckpointError, "without a Checkpoint callback"):
        fit(trainer_of(framework), digits, resume=True)
    assert resumed(digits, trainer_of(framework))().epochs == [1, 2]
    with refused(CheckpointError, "another model"):
        Trainer(wider).load(folder)
    with pytest.warns(CheckpointWarning, match="previous-1"):
        fit(trainer_of(framework), digits, callbacks=[Checkpoint(folder)])


def test_a_checkpoint_of_the_other_framework(digits: ArrayDataset, tmp_path: Path) -> None:
    fit(trainer_of("torch"), digits, callbacks=[Checkpoint(tmp_path)])
    trainer = trainer_of("tensorflow")
    with refused(CheckpointError, "another framework", trainer=trainer):
        fit(trainer, digits, epochs=2, callbacks=[Checkpoint(tmp_path)], resume=True)


def test_a_keras_model_that_is_not_built_cannot_be_resumed_with_a_stream(digits: ArrayDataset, tmp_path: Path) -> None:
    """Its weights come with the first batch, which is after the checkpoint would have been put into them."""
    keras = pytest.importorskip("keras")
    stream = [(digits.images, digits.labels)]
    trainer = Trainer(keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)]))
    with pytest.raises(ModelError, match=r"not built.*keras\.Input"):
        fit(trainer, stream, callbacks=[Checkpoint(tmp_path)])
    fit(trainer, digits, callbacks=[Checkpoint(tmp_path)])  # arrays are shown to the model first
