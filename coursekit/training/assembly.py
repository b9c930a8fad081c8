"""Putting a run together: from the arguments of ``fit`` to what the loop works with, checked on the way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from coursekit import losses
from coursekit.backends.base import Backend
from coursekit.data import ArrayDataset, Loader
from coursekit.errors import CheckpointError, ConfigurationError
from coursekit.metrics import Metric
from coursekit.training import checks, resume
from coursekit.training.callback import Callback, CallbackList
from coursekit.training.callbacks.checkpoint import Checkpoint
from coursekit.training.history import History
from coursekit.training.loop import Run
from coursekit.training.meter import Meter
from coursekit.training.pace import LONGEST, Pace
from coursekit.training.sources import ArraySource, Source, StreamSource
from coursekit.training.state import TrainState

# Images of one block that are gathered ahead, in bytes.
BLOCK_BYTES = 32 << 20


def make_source(
    backend: Backend,
    data: Any,
    batch_size: int,
    *,
    loss: Any,
    spec: losses.Loss | None,
    seed: int | None,
    learnt: bool = True,
    **options: Any,
) -> Source:
    """Return batches of data, which have been held against the model and the loss.

    Args:
        backend: whose model the batches are for.
        data: an ArrayDataset, or something to iterate over.
        batch_size: images per batch and process, for an ArrayDataset.
        loss: as the Trainer was given it.
        spec: the loss as an object of ``coursekit.losses``, where it is one.
        seed: of order and augmentation; None draws one.
        learnt: whether the model is to learn from them, and not only to be judged.
        options: the Loader's, for an ArrayDataset.

    Raises:
        ConfigurationError: options for data that coursekit does not order itself; no seed in a distributed run.
        DataError: data or labels that cannot be used.
        ModelError: a model that does not fit them.
    """
    if not isinstance(data, ArrayDataset):
        for name in ("augment", "sampler"):
            if options.get(name) is not None:
                raise ConfigurationError(
                    f"{name} with data of type {type(data).__name__}",
                    expected="an ArrayDataset, whose batches coursekit makes itself",
                    mend="augment and sample inside your own loader",
                )
        check = partial(checks.check_first_batch, backend, loss, spec)
        return StreamSource(data, backend.settings.accumulate, check)
    if seed is None:
        if backend.world > 1:
            raise ConfigurationError(
                f"seed=None in a run of {backend.world} processes",
                expected="a seed, so that all processes agree on the order",
                mend="use Trainer(seed=0)",
            )
        seed = int(np.random.default_rng().integers(2**31))
    targets: Any = "masks" if spec is not None and spec.target_kind == "mask" else "labels"
    shard = (backend.rank, backend.world)
    loader = Loader(data, batch_size, seed=seed, shard=shard, targets=targets, **options)
    checks.check_fit(backend, data, loss, spec, loader.targets, learnt=learnt)
    return ArraySource(loader)


def make_run(
    *,
    backend: Backend,
    source: Source,
    validation: Source | None,
    callbacks: Sequence[Callback],
    metrics: Sequence[Metric],
    epochs: int,
    accumulate: int,
    epochs_before: int,
    seed: int | None,
) -> Run:
    """Return a run before its first step; see ``Run`` for the arguments."""
    listed = CallbackList(callbacks)
    batches = source.batches_per_epoch
    state = TrainState(
        epochs=epochs,
        backend=backend,
        history=History(),
        meter=Meter(backend, [metric.fresh() for metric in metrics]),
        steps_per_epoch=None if batches is None else -(-batches // accumulate),
        base_rate=backend.learning_rate,
    )
    longest = LONGEST
    if isinstance(source, ArraySource):
        batch_bytes = source.loader.dataset.images[:1].nbytes * source.loader.batch_size * accumulate
        longest = min(LONGEST, BLOCK_BYTES // batch_bytes)
    run = Run(
        backend=backend,
        source=source,
        validation=validation,
        state=state,
        callbacks=listed,
        metrics=metrics,
        pace=Pace(listed.boundaries, accumulate, longest, steady=backend.world > 1),
        accumulate=accumulate,
        seed=seed,
        epochs_before=epochs_before,
    )
    state.save = lambda: resume.capture(run)
    return run


def begin_or_resume(run: Run, train: Any, wanted: bool) -> None:
    """Put the run where its newest checkpoint is, if that is wanted and there is one; else make room for a new run.

    Raises:
        CheckpointError: ``resume`` without a Checkpoint callback, or with a checkpoint of another run.
        ConfigurationError: checkpoints within epochs of data that coursekit does not order itself.
    """
    keepers = [callback for callback in run.callbacks.callbacks if isinstance(callback, Checkpoint)]
    if wanted and not keepers:
        raise CheckpointError(
            "resume=True without a Checkpoint callback",
            expected="the folder to go on from",
            mend='add callbacks=[coursekit.Checkpoint("runs/a")]',
        )
    for keeper in keepers:
        if keeper.every_n_steps and not isinstance(run.source, ArraySource):
            raise ConfigurationError(
                "Checkpoint(every_n_steps=...) with data that coursekit does not order itself",
                expected="an ArrayDataset, any batch of which can be asked for",
                mend="leave every_n_steps out: a checkpoint is then written after every epoch",
            )
    if keepers:
        run.identity = resume.identity(run.backend, train, _settings(run))
    if wanted:
        found = resume.find_newest(run.backend, [keeper.folder for keeper in keepers])
        if found is not None:
            resume.restore(run, *found)
            return
    for keeper in keepers:
        keeper.begin_anew(main=run.state.is_main)


def _settings(run: Run) -> dict[str, Any]:
    """What decides every number of a run, beside model and data."""
    backend = run.backend
    batch_size = run.source.loader.batch_size * backend.world if isinstance(run.source, ArraySource) else None
    return {
        "loss": _name(backend.settings.loss),
        "optimizer": _name(backend.settings.optimizer),
        "learning rate": backend.learning_rate,
        "batch size": batch_size,
        "accumulate": run.accumulate,
        "seed": run.seed,
    }


def _name(thing: Any) -> str:
    """A name that is the same in every process: dataclasses by value, other objects by type."""
    if isinstance(thing, str) or hasattr(thing, "__dataclass_fields__"):
        return str(thing)
    return getattr(thing, "__qualname__", type(thing).__qualname__)
