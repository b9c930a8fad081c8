"""The training engine: one loop for both frameworks."""

from __future__ import annotations

from coursekit.training.callback import Callback
from coursekit.training.history import History
from coursekit.training.state import TrainState
from coursekit.training.trainer import Trainer

__all__ = ["Callback", "History", "TrainState", "Trainer"]
