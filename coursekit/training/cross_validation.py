"""cross_validate: the same training on k folds, and how far the figures scatter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.data import ArrayDataset, k_fold
from coursekit.errors import ConfigurationError, DataError
from coursekit.training import checks
from coursekit.training.callback import Callback
from coursekit.training.history import History
from coursekit.training.trainer import Trainer


@dataclass(frozen=True)
class CrossValidation:
    """What ``cross_validate`` found.

    Attributes:
        folds: the figures of each fold on the images held out from it: ``{"loss": ..., "accuracy": ...}``.
        histories: the history of each fold's training.
    """

    folds: tuple[dict[str, float], ...]
    histories: tuple[History, ...]

    @property
    def mean(self) -> dict[str, float]:
        """The mean of each figure over the folds."""
        return {name: float(np.mean([fold[name] for fold in self.folds])) for name in self.folds[0]}

    @property
    def std(self) -> dict[str, float]:
        """The standard deviation of each figure over the folds, with k - 1 in the divisor.

        Training sets of different folds share images, so that the folds are not independent: std / sqrt(k) is too
        small for a standard error of the mean (Bengio and Grandvalet 2004).
        """
        return {name: float(np.std([fold[name] for fold in self.folds], ddof=1)) for name in self.folds[0]}

    def __str__(self) -> str:
        """One figure per line, mean and standard deviation."""
        mean, std = self.mean, self.std
        return "\n".join(f"{name}: {mean[name]:.4g} ± {std[name]:.2g} ({len(self.folds)} folds)" for name in mean)


def cross_validate(
    build: Callable[[], Any],
    dataset: Any,
    *,
    k: int = 5,
    epochs: int = 10,
    batch_size: int = 64,
    seed: int = 0,
    stratified: bool = True,
    callbacks: Callable[[], Sequence[Callback]] | None = None,
    augment: Callable[..., Any] | None = None,
    progress: bool = False,
    **settings: Any,
) -> CrossValidation:
    """Train k models anew, each on all folds but one, and judge it on that one.

    The held-out folds are validation sets: once they have chosen a model, a rate or an epoch (EarlyStopping looks
    at them too), their figures flatter it. Keep a test set apart before folding.

    Args:
        build: makes a fresh Trainer, or a fresh model, each time it is called; with the same initial weights in every
            fold, if it draws them from a seed.
        dataset: an ArrayDataset, or a pair of arrays.
        k: number of folds.
        epochs: of each training.
        batch_size: images per step.
        seed: of the folds; also the Trainer's, where ``build`` makes models and ``settings`` says nothing else.
        stratified: keep each class's share in all folds.
        callbacks: makes fresh callbacks for each fold, which remember things: ``lambda: [EarlyStopping()]``.
        augment: as in ``fit``, for the training folds alone.
        progress: show progress bars.
        settings: of the Trainer, where ``build`` makes models.

    Raises:
        ConfigurationError: k below 2, a ``build`` that gives the same model twice or is one itself, callbacks in
            place of a function that makes them.
        DataError: fewer images of a class than folds, or data that cannot be folded.
    """
    dataset = checks.as_dataset(dataset, "cross-validation")
    if not isinstance(dataset, ArrayDataset):
        raise DataError(
            f"data of type {type(dataset).__name__} for cross-validation",
            expected="an ArrayDataset, which can be folded",
            mend="coursekit.data.ArrayDataset(images, labels)",
        )
    _check(build, callbacks)
    models: list[Any] = []
    histories, folds = [], []
    for train, validation in k_fold(dataset, k, seed, stratified):
        trainer = _fresh(build, settings, seed, models)
        own = [] if callbacks is None else list(callbacks())
        histories.append(
            trainer.fit(
                train,
                validation,
                epochs=epochs,
                batch_size=batch_size,
                callbacks=own,
                augment=augment,
                progress=progress,
            )
        )
        folds.append(trainer.evaluate(validation))
    return CrossValidation(tuple(folds), tuple(histories))


def _fresh(build: Callable[[], Any], settings: dict[str, Any], seed: int, models: list[Any]) -> Trainer:
    made = build()
    if isinstance(made, Trainer):
        if settings:
            raise ConfigurationError(
                f"the settings {sorted(settings)} beside a function that makes Trainers",
                expected="settings only where it makes models",
                mend="give them to the Trainer",
            )
        trainer = made
    else:
        trainer = Trainer(made, **{"seed": seed, **settings})
    if any(trainer.model is model for model in models):
        raise ConfigurationError(
            "a build function that gave the same model twice",
            expected="a fresh model for each fold, which has seen none of the images held out",
            mend="build the model inside the function: lambda: coursekit.models.lenet5(...)",
        )
    models.append(trainer.model)
    return trainer


def _check(build: Any, callbacks: Any) -> None:
    # A model can be called as well; a class of models is a function that builds them.
    is_model = hasattr(build, "parameters") or hasattr(build, "trainable_variables")
    if not callable(build) or (is_model and not isinstance(build, type)):
        raise ConfigurationError(
            f"a {type(build).__name__} in place of a function that builds one",
            expected="a function without arguments that makes a fresh model or Trainer for each fold",
            mend="write lambda: Trainer(coursekit.models.lenet5(...))",
        )
    if callbacks is not None and not callable(callbacks):
        raise ConfigurationError(
            "callbacks that all folds would share",
            expected="a function that makes fresh ones: a callback remembers its run",
            mend="write callbacks=lambda: [EarlyStopping()]",
        )
