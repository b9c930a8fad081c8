"""Callbacks, one file each."""

from __future__ import annotations

from coursekit.training.callbacks.checkpoint import Checkpoint
from coursekit.training.callbacks.progress import Progress

__all__ = ["Checkpoint", "Progress"]
