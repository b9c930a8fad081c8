"""Trainer: the engine's public face. It puts the parts together; the work is in ``loop.py`` and the backends."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import losses
from coursekit import metrics as metric_room
from coursekit.backends import Backend, Settings, backend_for
from coursekit.data import ArrayDataset, Loader
from coursekit.errors import CheckpointError, ConfigurationError
from coursekit.training import checkpoint_files, checks, resume
from coursekit.training import loop as training_loop
from coursekit.training.callback import Callback, CallbackList
from coursekit.training.callbacks.checkpoint import Checkpoint
from coursekit.training.callbacks.progress import Progress
from coursekit.training.history import History
from coursekit.training.meter import Meter
from coursekit.training.pace import LONGEST, Pace
from coursekit.training.sources import ArraySource, Source, StreamSource
from coursekit.training.state import TrainState

# Images of one block that are gathered ahead, in bytes.
BLOCK_BYTES = 32 << 20


class Trainer:
    """Train, evaluate and use a model, in PyTorch or TensorFlow, with the same meaning in both.

    Args:
        model: a ``torch.nn.Module`` (n, C, H, W) or a ``keras.Model`` (n, H, W, C) that gives logits (n, classes).
        loss: a name of ``coursekit.losses``, an object of it, or the framework's own loss.
        optimizer: a name of ``coursekit.optimizers``, an object of it, or the framework's own optimizer. Named ones
            follow PyTorch's formulas in both frameworks.
        learning_rate: the base rate; None for the optimizer's own default.
        metrics: names of ``coursekit.metrics``, objects of it, or functions ``(outputs, targets) -> float`` on NumPy
            arrays, taken as means over samples. None means accuracy where labels are classes.
        seed: fixes order, augmentation and dropout. None leaves the framework's random state alone.
        clip_norm: largest global norm of the gradients; None for no clipping.
        accumulate: batches whose gradients are joined into one step, weighted by their sizes.
        precision: "fp32", or "bf16" for bfloat16 arithmetic on float32 weights.
        compile: torch.compile, or XLA for Keras models.
        channels_last: keep PyTorch's images and weights in channels-last memory.
        device: such as "cuda:1" or "cpu"; None takes a GPU where there is one.
        strategy: a ``tf.distribute`` strategy under which the Keras model was built. PyTorch needs nothing: under
            ``torchrun`` the processes find each other, and ``batch_size`` is that of each.

    Raises:
        ConfigurationError: an argument without meaning; names come with the nearest known one.
        ModelError: a model of neither framework, or an optimizer that does not hold the model's parameters.
    """

    def __init__(
        self,
        model: Any,
        loss: Any = "cross_entropy",
        optimizer: Any = "adam",
        learning_rate: float | None = None,
        metrics: Sequence[Any] | None = None,
        seed: int | None = 0,
        *,
        clip_norm: float | None = None,
        accumulate: int = 1,
        precision: str = "fp32",
        compile: bool = False,
        channels_last: bool = False,
        device: str | None = None,
        strategy: Any = None,
    ) -> None:
        checks.check_numbers(learning_rate=learning_rate, clip_norm=clip_norm, accumulate=accumulate, seed=seed)
        if precision not in ("fp32", "bf16"):
            raise ConfigurationError(
                f"precision={precision!r}", expected='"fp32" or "bf16"', mend='use "bf16" for mixed precision'
            )
        self.settings = Settings(
            loss=loss,
            optimizer=optimizer,
            learning_rate=learning_rate,
            clip_norm=clip_norm,
            accumulate=accumulate,
            precision=precision,
            compile=compile,
            channels_last=channels_last,
            device=device,
            strategy=strategy,
        )
        self.seed = seed
        self.backend: Backend = backend_for(model, self.settings)
        self.model = model
        self.history = History()
        self._loss_spec = losses.get(loss) if isinstance(loss, str | losses.Loss) else None
        if metrics is None:
            kind = None if self._loss_spec is None else self._loss_spec.target_kind
            metrics = ["accuracy"] if kind in (None, "class_index") else []
        self.metrics = [metric_room.get(metric) for metric in metrics]
        self._epochs_done = 0

    @property
    def optimizer(self) -> Any:
        """The framework's optimizer."""
        return self.backend.optimizer

    def fit(
        self,
        train: Any,
        validation: Any = None,
        *,
        epochs: int = 1,
        batch_size: int = 64,
        callbacks: Sequence[Callback] = (),
        augment: Callable[..., Any] | None = None,
        sampler: Any = None,
        shuffle: bool = True,
        resume: bool = False,
        progress: bool = True,
    ) -> History:
        """Train, and return the figures.

        Args:
            train: an ArrayDataset, a torch DataLoader, a tf.data.Dataset, or any re-iterable of (images, labels).
                Batches that are NumPy arrays are (n, H, W, C); tensors are in the framework's own layout.
            validation: the same kinds; never augmented, never learnt from.
            epochs: how many; with ``resume``, how many the run shall have in the end.
            batch_size: images per step (and process); for an ArrayDataset.
            callbacks: what watches and steers the run.
            augment: changes training images, seeded: see ``coursekit.data``; for an ArrayDataset.
            sampler: ``sampler(epoch, seed) -> indices``, such as a ``BalancedSampler``; for an ArrayDataset.
            shuffle: a new order in every epoch; for an ArrayDataset.
            resume: go on from the newest whole checkpoint in the Checkpoint callback's folder, bit for bit; start
                where there is none.
            progress: show a progress bar.

        Returns:
            The history of this run, also kept as ``trainer.history``.

        Raises:
            DataError: data that cannot be trained on.
            ModelError: a model that does not fit the data.
            CheckpointError: ``resume`` with a checkpoint of another run.
            CallbackError: a callback raised.
        """
        checks.check_numbers(epochs=epochs, batch_size=batch_size)
        train, validation = checks.as_dataset(train, "training"), self._validation(validation)
        callbacks = list(callbacks)
        if progress and not any(isinstance(callback, Progress) for callback in callbacks):
            callbacks.append(Progress())
        if isinstance(train, ArrayDataset):
            checks.check_batch_size(train, batch_size)
        source = self._source(train, batch_size, shuffle=shuffle, augment=augment, sampler=sampler)
        self._check_model(train, source)
        checks.check_overlap(train, validation)
        settings = self._identity_settings(batch_size, train)
        run = self._run(source, validation, callbacks, epochs, batch_size, resume_identity=(train, settings))
        state = run.state
        with self.backend.random_stream(self.seed):
            self._prepare_checkpoints(run, resume)
            self.history = state.history
            try:
                training_loop.train(run)
            finally:
                state.history.stop_reason = state.stop_reason
                self._epochs_done = run.epochs_before + state.epoch
        return state.history

    def evaluate(self, data: Any, *, batch_size: int = 256) -> dict[str, float]:
        """Return loss and metrics over a data set, exact means over its samples; the model is left as it was found."""
        dataset = checks.as_dataset(data, "evaluation")
        source = self._source(dataset, batch_size, shuffle=False)
        self._check_model(dataset, source)
        return training_loop.evaluate(self.backend, source, self.metrics)

    def predict(self, images: Any, *, batch_size: int = 256) -> NDArray[np.float32]:
        """Return the model's outputs (n, classes) float32, logits for the models of ``coursekit.models``.

        Args:
            images: (n, H, W, C), or an ArrayDataset.
            batch_size: images at a time.

        Raises:
            DataError: images of another layout.
            ModelError: a model that cannot take them.
        """
        checks.check_numbers(batch_size=batch_size)
        if not isinstance(images, ArrayDataset):
            values = np.asarray(images)
            images = ArrayDataset(values, np.zeros(len(values) if values.ndim else 0, np.int64))
        checks.probe(self.backend, images.images)
        with self.backend.evaluating():
            parts = [
                self.backend.predict(images.images[first : first + batch_size])
                for first in range(0, len(images), batch_size)
            ]
        return np.concatenate(parts)

    def load(self, folder: str | os.PathLike[str], which: str = "best") -> None:
        """Put the weights of a checkpoint into the model.

        Args:
            folder: the folder of a Checkpoint callback.
            which: "best" or "last".

        Raises:
            CheckpointError: no such checkpoint, a damaged one, or one of another model.
        """
        path = Checkpoint(folder).find(which)
        arrays, values = checkpoint_files.read(path)
        mine = resume.identity(self.backend, None, {})
        for key in ("framework", "model"):
            if values["identity"].get(key) != mine[key]:
                raise CheckpointError(
                    f"checkpoint {path} is of another {key}",
                    expected=f"{mine['parameters']} parameters under the names of this {mine['framework']} model",
                    mend="build the model as it was when the checkpoint was written",
                )
        prefix = "backend/model/"
        self.backend.set_weights({n[len(prefix) :]: a for n, a in arrays.items() if n.startswith(prefix)})

    # Putting a run together ---------------------------------------------------

    def _validation(self, validation: Any) -> Any:
        return None if validation is None else checks.as_dataset(validation, "validation")

    def _source(self, data: Any, batch_size: int, **options: Any) -> Source:
        if not isinstance(data, ArrayDataset):
            for name in ("augment", "sampler"):
                if options.get(name) is not None:
                    raise ConfigurationError(
                        f"{name} with data of type {type(data).__name__}",
                        expected="an ArrayDataset, whose batches coursekit makes itself",
                        mend="augment and sample inside your own loader",
                    )
            check = partial(checks.check_first_batch, self.backend, self.settings.loss, self._loss_spec)
            return StreamSource(data, self.settings.accumulate, check)
        kind = None if self._loss_spec is None else self._loss_spec.target_kind
        shard = (self.backend.rank, self.backend.world)
        seed = int(np.random.default_rng().integers(2**31)) if self.seed is None else self.seed
        targets: Any = "masks" if kind == "mask" else "labels"
        return ArraySource(Loader(data, batch_size, seed=seed, shard=shard, targets=targets, **options))

    def _check_model(self, data: Any, source: Source) -> None:
        if isinstance(data, ArrayDataset) and isinstance(source, ArraySource):
            checks.check_fit(self.backend, data, self.settings.loss, self._loss_spec, source.loader.targets)

    def _run(
        self,
        source: Source,
        validation: Any,
        callbacks: list[Callback],
        epochs: int,
        batch_size: int,
        resume_identity: tuple[Any, dict[str, Any]],
    ) -> training_loop.Run:
        accumulate = self.settings.accumulate
        listed = CallbackList(callbacks)
        batches = source.batches_per_epoch
        state = TrainState(
            epochs=epochs,
            backend=self.backend,
            history=History(),
            meter=Meter(self.backend, [metric.fresh() for metric in self.metrics]),
            steps_per_epoch=None if batches is None else -(-batches // accumulate),
            base_rate=self.backend.learning_rate,
        )
        longest = LONGEST
        if isinstance(source, ArraySource):
            batch_bytes = source.loader.dataset.images[:1].nbytes * batch_size * accumulate
            longest = min(LONGEST, BLOCK_BYTES // batch_bytes)
        run = training_loop.Run(
            backend=self.backend,
            source=source,
            validation=None if validation is None else self._source(validation, batch_size, shuffle=False),
            state=state,
            callbacks=listed,
            metrics=self.metrics,
            pace=Pace(listed.boundaries, accumulate, longest),
            accumulate=accumulate,
            epochs_before=self._epochs_done,
        )
        if any(isinstance(callback, Checkpoint) for callback in callbacks):
            run.identity = resume.identity(self.backend, *resume_identity)
        state.save = lambda: resume.capture(run)
        return run

    def _prepare_checkpoints(self, run: training_loop.Run, wanted: bool) -> None:
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
        if wanted:
            found = resume.load_newest(keepers[0].folder)
            if found is not None:
                resume.restore(run, *found)
                return
        for keeper in keepers:
            keeper.begin_anew(main=run.state.is_main)

    def _identity_settings(self, batch_size: int, train: Any) -> dict[str, Any]:
        optimizer = self.settings.optimizer
        return {
            "optimizer": optimizer if isinstance(optimizer, str) else type(self.optimizer).__name__,
            "batch size": batch_size * self.backend.world if isinstance(train, ArrayDataset) else None,
            "accumulate": self.settings.accumulate,
            "seed": self.seed,
        }
