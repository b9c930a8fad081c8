"""The PyTorch backend: model, loss and optimizer behind the verbs of ``base.Backend``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from coursekit.backends import pytorch_distributed as distributed
from coursekit.backends.arrays import check_arrays
from coursekit.backends.base import Arrays, Block, BlockResult, Fetched, Settings
from coursekit.backends.pytorch_batches import TorchBatches
from coursekit.backends.pytorch_losses import torch_loss
from coursekit.backends.pytorch_mode import (
    evaluation_mode,
    random_state,
    set_random_state,
    set_trainable,
    train_mode,
)
from coursekit.backends.pytorch_observer import StepObserver
from coursekit.backends.pytorch_optimizers import (
    copy_into,
    optimizer_state,
    set_optimizer_state,
    to_numpy,
    torch_optimizer,
)
from coursekit.errors import ConfigurationError, ModelError

Batch = tuple[Any, Any, float]
StepResult = tuple[Any, Any, Any]


class TorchBackend:
    """A ``torch.nn.Module``, trained as the textbook says.

    Args:
        model: takes images (n, C, H, W) float32 and gives outputs (n, classes) or (n, classes, H, W).
        settings: how to train.

    Raises:
        ConfigurationError: settings without meaning here.
        ModelError: a model without parameters, or an optimizer that holds none of them.
    """

    name = "torch"

    def __init__(self, model: Any, settings: Settings) -> None:
        if settings.strategy is not None:
            raise ConfigurationError(
                "strategy=... with a PyTorch model",
                expected="a tf.distribute strategy only with a Keras model",
                mend="start the script with torchrun; the engine sees it",
            )
        self.rank, self.world = distributed.rank_and_world()
        self.device = distributed.device(settings.device)
        named = list(model.named_parameters())
        if not named:
            raise ModelError(
                "a model without parameters", expected="something to learn", mend="add a layer with weights"
            )
        self.model = model.to(self.device)
        if settings.channels_last:
            self.model.to(memory_format=torch.channels_last)
        memory_format = torch.channels_last if settings.channels_last else torch.contiguous_format
        self.settings = settings
        self.loss, self.spec = torch_loss(settings.loss, self.device)
        by_value = self.spec is not None and self.spec.weight_depends_on_values
        self.batches = TorchBatches(self.device, memory_format, self.batch_weight if by_value else len, self.world)
        self.optimizer = torch_optimizer(settings.optimizer, named, settings.learning_rate, self.device)
        rates = [float(group["lr"]) for group in self.optimizer.param_groups]
        self.learning_rate = rates[0] if settings.learning_rate is None else settings.learning_rate
        # Groups with rates of their own keep their proportions when a schedule moves the rate.
        self._proportions = [rate / rates[0] if rates[0] else 1.0 for rate in rates]
        self._rate: float | None = None
        self._parameters = [parameter for _, parameter in named]
        self._forward = self._wrapped()
        self._stream: dict[str, Any] | None = None
        self._observing = False
        self._observer: StepObserver | None = None
        self._report: dict[str, dict[str, float]] = {}

    # The textbook's step ---------------------------------------------------

    def _train_step(self, images: Any, targets: Any) -> StepResult:
        """One step of the optimizer on one batch: forward, loss, backward, update."""
        self._zero_grad()
        outputs = self._outputs(images)
        loss = self.loss(outputs, targets)
        loss.backward()
        self._update()
        return loss.detach(), outputs.detach(), targets

    def _accumulated_step(self, batches: Sequence[Batch]) -> list[StepResult]:
        """One step on several batches (or on one of several processes): their gradients add up, each by its share."""
        done = []
        self._zero_grad()
        for images, targets, share in batches:
            outputs = self._outputs(images)
            # A batch that counts nothing may have no loss at all (0 / 0), and must not spoil the others' gradients.
            loss = self.loss(outputs, targets) if share else outputs.sum() * 0.0
            (loss * share).backward()
            if self._is_stand_in(share):
                outputs, targets = outputs[:0], targets[:0]
            done.append((loss.detach(), outputs.detach(), targets))
        self._update()
        return done

    def _outputs(self, images: Any) -> Any:
        if self.settings.precision == "fp32":
            return self._forward(images)
        with self._autocast():
            outputs = self._forward(images)
        return outputs.float()  # losses are computed in full precision

    def _zero_grad(self) -> None:
        # What optimizer.zero_grad(set_to_none=True) does, without its profiler's hook: 8 microseconds of a small step.
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def _update(self) -> None:
        if self._observer is not None:
            self._observer.after_backward()
        if self.settings.clip_norm is not None:
            # Of what is stepped: gradients of parameters that nobody clears add up, and would use up the norm.
            held = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
            torch.nn.utils.clip_grad_norm_(held, self.settings.clip_norm)
        self.optimizer.step()

    def train_steps(self, block: Block, learning_rates: Sequence[float]) -> BlockResult:
        """Take the optimizer steps of a block: one rate per step, a step for every ``accumulate`` batches."""
        weights: list[float] = []
        done: list[StepResult] = []
        simple = self.settings.accumulate == 1 and self.world == 1
        batches = self._singles(block, weights) if simple else self._groups(block, weights)
        last = len(learning_rates) - 1
        for step, (rate, batch) in enumerate(zip(learning_rates, batches, strict=True)):
            if rate != self._rate:
                self._set_rate(rate)
            self._observer = StepObserver(self.model) if self._observing and step == last else None
            if simple:
                done.append(self._train_step(*batch))
            else:
                done += self._accumulated_step(batch)
            if self._observer is not None:
                self._report = self._observer.report()
        return _result(done, weights)

    def _singles(self, block: Block, weights: list[float]) -> Iterator[tuple[Any, Any]]:
        """The batch of each step."""
        for images, targets, weight, _ in self.batches.of(block):
            weights.append(weight)
            yield images, targets

    def _groups(self, block: Block, weights: list[float]) -> Iterator[list[Batch]]:
        """The batches of each step. ``share`` is the part a batch's mean loss has in the step's mean loss."""
        group: list[tuple[Any, Any, float]] = []
        everyones: list[float] = []
        for position, (images, targets, mine, all_of_it) in enumerate(self.batches.of(block)):
            weights.append(mine)
            group.append((images, targets, mine))
            everyones.append(all_of_it)
            if len(group) == self.settings.accumulate or position == block.count - 1:
                total = sum(everyones)
                if block.loader is None:  # each process has a stream of its own and knows its own part alone
                    total = float(self.all_reduce(np.array([total]))[0])
                # DistributedDataParallel divides by the number of processes; a mean over samples must not.
                yield [(x, y, weight * self.world / total if total else 0.0) for x, y, weight in group]
                group, everyones = [], []

    def _is_stand_in(self, weight: float) -> bool:
        """Whether a batch stands in for this process's empty part of one: its results count nowhere."""
        return self.world > 1 and weight == 0.0

    def evaluate_block(self, block: Block) -> BlockResult:
        """Outputs and losses of a block, without learning."""
        weights, done = [], []
        for images, targets, mine, _ in self.batches.of(block):
            with self._autocast():
                outputs = self.model(images)
            loss = self.loss(outputs.float(), targets)
            kept = 0 if self._is_stand_in(mine) else len(targets)
            done.append((loss, outputs[:kept], targets[:kept]))
            weights.append(mine)
        return _result(done, weights)

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs (n, ..., classes) float32 for images (n, H, W, C)."""
        with self._autocast():
            return _class_axis_last(self.model(self.batches.place(images)))

    def fetch(self, result: BlockResult) -> Fetched:
        """Bring a result to NumPy: the only place where the host waits for the device."""
        outputs, targets = result.outputs, result.targets
        return Fetched(
            losses=torch.stack(result.losses).double().cpu().numpy(),
            outputs=_class_axis_last(outputs[0] if len(outputs) == 1 else torch.cat(outputs)),
            targets=to_numpy(targets[0] if len(targets) == 1 else torch.cat(targets)),
            weights=np.asarray(result.weights, dtype=np.float64),
            sizes=result.sizes,
        )

    # The rest of the protocol ---------------------------------------------------

    def batch_weight(self, targets: Any) -> float:
        """What the mean loss of a batch with these targets counts for."""
        if self.spec is None or not self.spec.weight_depends_on_values:
            return float(len(targets))
        return self.spec.batch_weight(targets.cpu().numpy() if isinstance(targets, torch.Tensor) else targets)

    @contextmanager
    def training(self) -> Iterator[None]:
        """Put the model into train mode; afterwards every module has its own, and all processes the same model."""
        with train_mode(self.model):
            yield
        distributed.share_buffers(self.model, self.world)

    def evaluating(self) -> AbstractContextManager[None]:
        """Put the model into inference mode; afterwards all is as found."""
        return evaluation_mode(self.model, self.device)

    @contextmanager
    def random_stream(self, seed: int | None) -> Iterator[None]:
        """Make the run's own random stream PyTorch's; afterwards the user's is back."""
        if seed is None:
            yield
            return
        users = random_state(self.device)
        if self._stream is None:
            torch.manual_seed(distributed.seed_of(seed, self.rank))
        else:
            set_random_state(self._stream, self.device)
        try:
            yield
        finally:
            self._stream = random_state(self.device)
            set_random_state(users, self.device)
            self.batches.release()

    def all_reduce(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum over the processes of a distributed run."""
        return distributed.all_reduce(values, self.world, self.device)

    def get_weights(self) -> Arrays:
        """Copies of parameters and buffers under their PyTorch names."""
        return {name: to_numpy(tensor) for name, tensor in self.model.state_dict().items()}

    def set_weights(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Put such copies back, in place, so that optimizer and graph keep their tensors."""
        own = self.model.state_dict()
        check_arrays(arrays, {name: tuple(tensor.shape) for name, tensor in own.items()})
        for name, tensor in own.items():
            copy_into(tensor, arrays[name])

    def get_state(self) -> tuple[Arrays, dict[str, Any]]:
        """All that the next step depends on: weights, optimizer, random stream."""
        arrays = {f"model/{name}": array for name, array in self.get_weights().items()}
        held, extra = optimizer_state(self.optimizer)
        arrays |= {f"optimizer/{name}": array for name, array in held.items()}
        for name, stream in random_state(self.device).items():
            arrays[f"random/{name}"] = distributed.gather(to_numpy(stream), self.world, self.device)
        return arrays, {"optimizer": extra}

    def set_state(self, arrays: Mapping[str, NDArray[Any]], extra: Mapping[str, Any]) -> None:
        """Continue from such a state, bit for bit; gradients of the steps before it are dropped."""
        self.set_weights(_under("model/", arrays))
        self.model.zero_grad(set_to_none=True)
        set_optimizer_state(self.optimizer, _under("optimizer/", arrays), extra["optimizer"])
        stream = random_state(self.device)
        for name, gathered in _under("random/", arrays).items():
            own = distributed.part_of(gathered, self.rank)
            if own is not None:  # else a process that the run did not have before keeps the stream it was seeded with
                stream[name] = torch.from_numpy(np.array(own))
        self._rate = None
        self._stream = stream
        set_random_state(stream, self.device)

    def set_trainable(self, block: Any, trainable: bool) -> None:
        """Freeze or unfreeze a module, given itself or by its name."""
        set_trainable(self.model, block, trainable)

    def trainable_changed(self) -> None:
        """Take note that parameters were frozen or unfrozen: modes follow, gradients of frozen ones go."""
        for parameter in self._parameters:
            if not parameter.requires_grad:
                parameter.grad = None
        if self.world > 1:
            # DistributedDataParallel averages only what learnt when it was built; the old one's hooks go with it.
            self._forward = None
            self._forward = self._wrapped()

    def _wrapped(self) -> Any:
        forward = distributed.wrap(self.model, self.world, self.device)
        return torch.compile(forward) if self.settings.compile else forward

    def observe_gradients(self, wanted: bool) -> None:
        """Ask that the last step of each following block leaves its ``gradient_report``."""
        self._observing = wanted

    def gradient_report(self) -> dict[str, dict[str, float]]:
        """For each parameter of the last observed step: gradient norm, weight norm and update-to-weight ratio."""
        return self._report

    def _set_rate(self, rate: float) -> None:
        for group, proportion in zip(self.optimizer.param_groups, self._proportions, strict=True):
            group["lr"] = rate * proportion
        self._rate = rate

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.settings.precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)


def _result(done: list[StepResult], weights: list[float]) -> BlockResult:
    losses, outputs, targets = zip(*done, strict=True)
    sizes = [len(output) for output in outputs]
    return BlockResult(losses, outputs, targets, weights, sizes, numbers=outputs[0].numel() * len(outputs))


def _class_axis_last(outputs: Any) -> NDArray[np.float32]:
    values: NDArray[np.float32] = outputs.float().cpu().numpy()
    return np.moveaxis(values, 1, -1) if values.ndim > 2 else values


def _under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
