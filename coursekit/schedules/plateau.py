"""The schedule that listens: the rate falls when a value stops getting better."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np

from coursekit.errors import ConfigurationError
from coursekit.schedules.base import require_count


class Plateau:
    """Multiply the rate by ``factor`` when a value has stopped getting better, as torch's ReduceLROnPlateau.

    The rate falls at the epoch number ``patience + 1`` in a row that is not better. Keras's ReduceLROnPlateau
    counts differently: it falls at number ``patience``, ends its cooldown one epoch earlier, and has
    an absolute ``min_delta`` only. Its patience p is p - 1 here. A NaN is never an improvement.

    Args:
        factor: of each fall, in (0, 1).
        patience: epochs without improvement that are let pass.
        threshold: how much better counts as better.
        threshold_mode: ``"rel"``: by the share ``threshold`` of the best value; ``"abs"``: by ``threshold``.
        cooldown: epochs after a fall during which nothing is counted.
        min_lr: the rate below which it never falls, on the scale of ``base_rate``.
        mode: ``"min"`` if smaller is better, ``"max"`` if larger is.
        base_rate: the rate that the multiplier belongs to; with 1, ``min_lr`` is itself a multiplier.
        eps: a fall of the rate by no more than this is left out, as in torch.

    Raises:
        ConfigurationError: an argument outside its range.
    """

    name: ClassVar[str] = "plateau"

    def __init__(
        self,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        mode: Literal["min", "max"] = "min",
        *,
        base_rate: float = 1.0,
        eps: float = 1e-8,
    ) -> None:
        """Check the arguments and start afresh."""
        require_count("patience", patience, 0)
        require_count("cooldown", cooldown, 0)
        for argument, value, fits, expected in (
            ("factor", factor, 0 < factor < 1, "a number between 0 and 1, both left out"),
            ("threshold", threshold, np.isfinite(threshold) and threshold >= 0, "a number, 0 or above"),
            ("threshold_mode", threshold_mode, threshold_mode in ("rel", "abs"), "'rel' or 'abs'"),
            ("min_lr", min_lr, np.isfinite(min_lr) and min_lr >= 0, "a number, 0 or above"),
            ("mode", mode, mode in ("min", "max"), "'min' or 'max'"),
            ("base_rate", base_rate, np.isfinite(base_rate) and base_rate > 0, "a number above 0"),
            ("eps", eps, np.isfinite(eps) and eps >= 0, "a number, 0 or above"),
        ):
            if not fits:
                raise ConfigurationError(f"{argument}={value!r}", expected=expected, mend=f"choose another {argument}")
        self.factor, self.patience, self.cooldown = float(factor), int(patience), int(cooldown)
        self.threshold, self.threshold_mode, self.mode = float(threshold), threshold_mode, mode
        self.min_lr, self.base_rate, self.eps = float(min_lr), float(base_rate), float(eps)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the multiplier is 1 again."""
        self._best: float | None = None
        self._bad_epochs = 0
        self._cooldown_left = 0
        self._multiplier = 1.0

    @property
    def multiplier(self) -> float:
        """What the base rate is multiplied by now."""
        return self._multiplier

    @property
    def best(self) -> float | None:
        """The best value so far; None before the first one that is not NaN."""
        return self._best

    @property
    def bad_epochs(self) -> int:
        """How many epochs in a row were not better."""
        return self._bad_epochs

    def update(self, value: float) -> bool:
        """Take in the value of one epoch, and return whether the rate falls now.

        Args:
            value: the watched figure of the whole epoch, such as the validation loss.
        """
        value = float(value)
        if self._is_better(value):
            self._best, self._bad_epochs = value, 0
        else:
            self._bad_epochs += 1
        if self._cooldown_left > 0:
            self._cooldown_left -= 1
            self._bad_epochs = 0
        if self._bad_epochs <= self.patience:
            return False
        self._cooldown_left, self._bad_epochs = self.cooldown, 0
        old = self._multiplier * self.base_rate
        new = max(old * self.factor, self.min_lr)
        if old - new <= self.eps:
            return False
        self._multiplier = new / self.base_rate
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return what the schedule remembers, as plain JSON values."""
        return {
            "best": self._best,
            "bad_epochs": self._bad_epochs,
            "cooldown_left": self._cooldown_left,
            "multiplier": self._multiplier,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict` returned.

        Raises:
            ConfigurationError: a key is missing.
        """
        missing = sorted(set(self.state_dict()) - set(state))
        if missing:
            raise ConfigurationError(
                f"a plateau state without {', '.join(missing)}",
                expected="the keys of Plateau.state_dict()",
                mend="load the state of a Plateau",
            )
        self._best = None if state["best"] is None else float(state["best"])
        self._bad_epochs, self._cooldown_left = int(state["bad_epochs"]), int(state["cooldown_left"])
        self._multiplier = float(state["multiplier"])

    def _is_better(self, value: float) -> bool:
        best = math.inf if self.mode == "min" else -math.inf
        best = best if self._best is None else self._best
        if self.threshold_mode == "rel":
            wanted = best * (1 - self.threshold if self.mode == "min" else 1 + self.threshold)
        else:
            wanted = best - self.threshold if self.mode == "min" else best + self.threshold
        return value < wanted if self.mode == "min" else value > wanted
