"""Callbacks, one file each."""

from __future__ import annotations

from coursekit.training.callbacks.checkpoint import Checkpoint
from coursekit.training.callbacks.early_stopping import EarlyStopping
from coursekit.training.callbacks.gradual_unfreezing import GradualUnfreezing
from coursekit.training.callbacks.lr_schedule import LRSchedule
from coursekit.training.callbacks.progress import Progress
from coursekit.training.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau

__all__ = ["Checkpoint", "EarlyStopping", "GradualUnfreezing", "LRSchedule", "Progress", "ReduceLROnPlateau"]
