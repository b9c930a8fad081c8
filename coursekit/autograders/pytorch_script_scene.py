"""What the loop of 14.8 plays on: a network whose losses are written down beforehand, and an optimizer that counts.

How well such a network does depends on how many steps were made and on nothing else, neither on gradients nor on modes:
what is wrong in a training step cannot be felt by what a loop decides from epoch to epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from coursekit.autograders.pytorch_scene import tensor_array
from coursekit.autograders.written_losses import BATCHES, CLASSES, IMAGES, SIZE, Script, tables_of
from coursekit.grading.values import Plain, type_name

THEN, OTHERS = "as they were after that epoch", "others"
NO_FILE = "no file"
REFUSED = "a file that torch.load refuses with weights_only=True"


class Scripted(nn.Module):
    """Gives the logits that are written down for the number of epochs that its clock says: (N, 1, 2, 2) to (N, 3).

    Args:
        rng: draws the weights.
        tables: (epochs + 1, 2 * IMAGES, CLASSES) float32, the logits of every image before and after each epoch.
        limit: after how many batches a loop is taken to be endless.
    """

    seen: torch.Tensor

    def __init__(self, rng: np.random.Generator, tables: torch.Tensor, limit: int) -> None:
        super().__init__()
        self.clock = nn.Parameter(torch.zeros(()))
        self.weights = nn.Parameter(torch.from_numpy(rng.integers(-64, 64, (3, 2)).astype(np.float32)))
        self.register_buffer("seen", torch.zeros(()))
        self.tables, self.left = tables, limit
        self.loads: list[str] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Look the images up by their numbers.

        Raises:
            RuntimeError: after more batches than any loop needs.
        """
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("the model was called far more often than max_epochs asks for")
        numbers = images[:, 0, 0, 0].round().long()
        if torch.is_grad_enabled() and bool((numbers < IMAGES).all()):
            self.seen += 1.0
        row = min(int(self.clock.detach().round()) // BATCHES, len(self.tables) - 1)
        return self.tables[row, numbers] + 0.0 * self.clock

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """As in PyTorch; it notes whether the state is made of its own tensors."""
        own = {value.data_ptr() for value in self.state_dict().values()}
        given = (value for value in state_dict.values() if isinstance(value, torch.Tensor))
        if any(value.data_ptr() in own for value in given):
            self.loads = ["its own tensors, as they are now"]
        return super().load_state_dict(state_dict, strict, assign)

    def holds(self) -> str:
        """Which epoch's weights it holds."""
        epoch, rest = divmod(int(self.clock.detach().round()), BATCHES)
        if rest:
            return f"those of the middle of epoch {epoch + 1}"
        return f"those of epoch {epoch}" if epoch else "those from before the training"

    def numbers(self) -> Plain:
        """Its weights and its buffer, in one array."""
        return np.append(tensor_array(self.weights).astype(np.float64).ravel(), float(self.seen))


class Steady(torch.optim.Optimizer):
    """Moves the clock by 1 in each step, whatever the gradients and the rate; the weights with momentum.

    Args:
        model: whose clock and weights are its two groups.
        rate: learning rate of the first group, which is written down and not used; the second has twice of it.
        watch: called with the rates of the groups before each step.
    """

    AMOUNT: Final = 2.0**-8

    def __init__(self, model: Scripted, rate: float, watch: Callable[[list[float]], None] | None = None) -> None:
        groups = [
            {"params": [model.clock], "lr": rate, "amount": 1.0, "keep": 0.0},
            {"params": [model.weights], "lr": 2.0 * rate, "amount": self.AMOUNT, "keep": 1.0},
        ]
        super().__init__(groups, {})
        self.watch = watch

    @classmethod
    def after(cls, steps: int) -> float:
        """By how much the step after this many moves a weight."""
        return cls.AMOUNT * (steps + 1)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move both; returns what the closure gives, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        if self.watch is not None:
            self.watch([float(group["lr"]) for group in self.param_groups])
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    state = self.state[parameter]
                    state["velocity"] = group["keep"] * state.get("velocity", 0.0) + torch.ones_like(parameter)
                    parameter.add_(group["amount"] * state["velocity"])
        return loss


class Play:
    """One training by a script: the arguments for a loop, and what became of them.

    Args:
        rng: draws the weights, the labels and the order of the images.
        script: the losses and the patience.
        path: where the checkpoint is to be written.
    """

    def __init__(self, rng: np.random.Generator, script: Script, path: Path) -> None:
        self._path, self._script = path, script
        labels = rng.integers(0, CLASSES, 2 * IMAGES)
        tables = torch.from_numpy(tables_of(rng, script, labels).astype(np.float32))
        self._limit = 10 * BATCHES * (script.max_epochs + 4)
        self.model = Scripted(rng, tables, self._limit)
        self._start = rng.integers(0, 2**31)
        self.rate = float(rng.uniform(0.05, 0.2))
        self.factor = float(rng.uniform(0.3, 0.6))
        self.optimizer = Steady(self.model, self.rate, self._watch)
        images = np.zeros((2 * IMAGES, 1, 2, 2), np.float32)
        images[:, 0, 0, 0] = np.arange(2 * IMAGES)
        pairs = [
            (torch.from_numpy(images[at : at + SIZE].copy()), torch.from_numpy(labels[at : at + SIZE].copy()))
            for at in range(0, 2 * IMAGES, SIZE)
        ]
        self.training, self.validation = pairs[:BATCHES], pairs[BATCHES:]
        self._steps = 0
        self._rates: list[list[float]] = []
        self._files: list[str] = []
        self._known = b"", NO_FILE

    def _watch(self, rates: list[float]) -> None:
        if self._steps % BATCHES == 0:
            self._rates.append(rates)
            self._files += [self._in_file()] * (len(self._files) < self._script.looked_at)
        self._steps += 1

    def seen(self) -> dict[str, Plain]:
        """How long it was trained, with which rates, what the model holds, and the file: now, and before each epoch."""
        epochs, rest = divmod(self._steps, BATCHES)
        return {
            "epochs": epochs if not rest else f"{epochs} and a part of another",
            "rates": self._rates[: self._script.looked_at],
            "holds": self.model.holds(),
            "numbers": self.model.numbers(),
            # Tells a copy that was none from weights that were never put back.
            "loads": list(self.model.loads),
            "files": self._files,
            "file": self._file(),
        }

    def _fresh(self) -> Scripted:
        return Scripted(np.random.default_rng(self._start), self.model.tables, self._limit)

    def _in_file(self) -> str:
        """Which epoch's weights the file holds at this moment."""
        written = self._path.read_bytes() if self._path.is_file() else b""
        # Read again only where it was written again: most epochs are no improvement.
        if written != self._known[0]:
            found = read_checkpoint(self._path)
            self._known = written, found if isinstance(found, str) else self._model_of(found).holds()
        return self._known[1]

    def _model_of(self, found: dict[str, Any]) -> Scripted:
        model = self._fresh()
        model.load_state_dict(found["model"])
        return model

    def _file(self) -> dict[str, Plain]:
        found = read_checkpoint(self._path)
        if isinstance(found, str):
            return dict.fromkeys(("epoch", "model", "numbers", "rates", "next"), found)
        model = self._model_of(found)
        # Compared with the epoch whose weights are beside it: which that is, is asked elsewhere.
        epochs = int(model.clock.detach().round()) // BATCHES
        rates, moved = self._next_of(found.get("optimizer"))
        wanted = self._rates[epochs - 1] if 0 < epochs <= len(self._rates) else None
        epoch = found.get("epoch", "no entry 'epoch'")
        return {
            "epoch": epoch if type(epoch) in (int, str) else f"a value of type {type_name(epoch)}",
            "model": model.holds(),
            "numbers": model.numbers(),
            "rates": THEN if rates == wanted else OTHERS,
            "next": THEN if moved == Steady.after(BATCHES * epochs) else OTHERS,
        }

    def _next_of(self, state: Any) -> tuple[list[float] | None, float | None]:
        """The rates of an optimizer that loads a state, and by how much its next step moves a weight."""
        model = self._fresh()
        optimizer = Steady(model, 1.0)
        start = model.numbers()
        try:
            optimizer.load_state_dict(state)
            optimizer.step()
            return [float(group["lr"]) for group in optimizer.param_groups], float((model.numbers() - start)[0])
        except Exception:  # whatever an optimizer makes of a state that is none
            return None, None


def read_checkpoint(path: Path) -> dict[str, Any] | str:
    """What ``torch.load`` reads, if a model can load its entry "model"; else what the matter is."""
    if not path.is_file():
        return NO_FILE
    try:
        found = torch.load(path, weights_only=True)
    except Exception:  # whatever a file that is no checkpoint makes of it
        return REFUSED
    if not isinstance(found, dict) or "model" not in found:
        return "a file without a dict that has the entry 'model'"
    try:
        Scripted(np.random.default_rng(0), torch.zeros(1, 1, 1), 1).load_state_dict(found["model"])
    except Exception:  # whatever a model makes of a state that is none
        return "a file whose entry 'model' no model can load"
    return found
