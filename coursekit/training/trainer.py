"""Trainer: the engine's public face. It puts the parts together; the work is in ``loop.py`` and the backends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import losses
from coursekit import metrics as metric_room
from coursekit.backends import Backend, Settings, backend_for
from coursekit.data import ArrayDataset
from coursekit.errors import CheckpointError, ConfigurationError
from coursekit.training import assembly, checkpoint_files, checks, resume
from coursekit.training import loop as training_loop
from coursekit.training.callback import Callback
from coursekit.training.callbacks.checkpoint import Checkpoint
from coursekit.training.callbacks.progress import Progress
from coursekit.training.history import History
from coursekit.training.sources import Source

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
            ``torchrun`` the processes find each other, and ``batch_size`` is that of each. Batch norm sees each
            device's part of the batch alone, and keeps the first one's statistics: see docs/distributed.md.

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
        if isinstance(metrics, str):
            raise ConfigurationError(
                f"metrics={metrics!r}", expected="a list of metrics", mend=f"write metrics=[{metrics!r}]"
            )
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
        train = checks.as_dataset(train, "training")
        validation = None if validation is None else checks.as_dataset(validation, "validation")
        if isinstance(callbacks, Callback):
            raise ConfigurationError(
                f"callbacks={type(callbacks).__name__}(...)",
                expected="a list of callbacks",
                mend=f"write callbacks=[{type(callbacks).__name__}(...)]",
            )
        if isinstance(train, ArrayDataset):
            checks.check_batch_size(train, batch_size)
        checks.check_overlap(train, validation)
        source = self.source(train, batch_size, shuffle=shuffle, augment=augment, sampler=sampler)
        validation_source = None if validation is None else self.source(validation, batch_size, learnt=False)
        run = assembly.make_run(
            backend=self.backend,
            source=source,
            validation=validation_source,
            callbacks=[*callbacks, Progress()] if progress and not _shows_progress(callbacks) else list(callbacks),
            metrics=self.metrics,
            epochs=epochs,
            accumulate=self.settings.accumulate,
            epochs_before=self._epochs_done,
            seed=self.seed,
        )
        with self.backend.random_stream(self.seed):
            assembly.begin_or_resume(run, train, resume)
            self.history = run.state.history
            try:
                training_loop.train(run)
            finally:
                self.history.stop_reason = run.state.stop_reason
                self._epochs_done = run.epochs_before + run.state.epoch
        return self.history

    def evaluate(self, data: Any, *, batch_size: int = 256) -> dict[str, float]:
        """Return loss and metrics over a data set, exact means over its samples; the model is left as it was found."""
        checks.check_numbers(batch_size=batch_size)
        source = self.source(checks.as_dataset(data, "evaluation"), batch_size, learnt=False)
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

    def state_dict(self) -> dict[str, Any]:
        """Copies of all that the next step depends on, to be put back by ``load_state_dict``.

        Returns:
            ``"arrays"`` (name -> NumPy array: weights and statistics, optimizer, random streams), ``"extra"`` and
            ``"epochs_done"``. Without a seed PyTorch's random stream is the user's own, and not in it.

        Raises:
            ModelError: a Keras model that is not built yet.
        """
        with self.backend.random_stream(self.seed):
            arrays, extra = self.backend.get_state()
        if self.seed is None and self.backend.name == "torch":
            arrays = {name: array for name, array in arrays.items() if not name.startswith("random/")}
        return {"arrays": arrays, "extra": extra, "epochs_done": self._epochs_done}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to such a state: a ``fit`` from here repeats, bit for bit, what a ``fit`` from there did.

        Raises:
            ModelError: of another model.
        """
        with self.backend.random_stream(self.seed):
            self.backend.set_state(state["arrays"], state["extra"])
        self._epochs_done = state["epochs_done"]

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

    def source(self, data: Any, batch_size: int, *, learnt: bool = True, **options: Any) -> Source:
        """Return the batches that ``fit`` and ``evaluate`` go through, held against model and loss.

        Args:
            data: an ArrayDataset, or something to iterate over.
            batch_size: images per batch and process, for an ArrayDataset.
            learnt: whether the model is to learn from them; otherwise they keep their order.
            options: ``shuffle``, ``augment`` and ``sampler``, for an ArrayDataset.

        Raises:
            DataError: data that cannot be used.
            ModelError: a model that does not fit the data.
        """
        return assembly.make_source(
            self.backend,
            data,
            batch_size,
            loss=self.settings.loss,
            spec=self._loss_spec,
            seed=self.seed,
            learnt=learnt,
            **(options if learnt else {"shuffle": False}),
        )


def _shows_progress(callbacks: Sequence[Callback]) -> bool:
    return any(isinstance(callback, Progress) for callback in callbacks)
