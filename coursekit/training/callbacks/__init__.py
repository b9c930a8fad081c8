"""Callbacks, one file each."""

from __future__ import annotations

from coursekit.training.callbacks.checkpoint import Checkpoint
from coursekit.training.callbacks.csv_logger import CSVLogger
from coursekit.training.callbacks.early_stopping import EarlyStopping
from coursekit.training.callbacks.gradient_monitor import GradientMonitor
from coursekit.training.callbacks.gradual_unfreezing import GradualUnfreezing
from coursekit.training.callbacks.json_logger import JSONLogger
from coursekit.training.callbacks.live_plot import LivePlot
from coursekit.training.callbacks.lr_schedule import LRSchedule
from coursekit.training.callbacks.progress import Progress
from coursekit.training.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from coursekit.training.callbacks.tensorboard import TensorBoard
from coursekit.training.callbacks.terminate_on_nan import TerminateOnNaN
from coursekit.training.callbacks.timer import Timer

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EarlyStopping",
    "GradientMonitor",
    "GradualUnfreezing",
    "JSONLogger",
    "LRSchedule",
    "LivePlot",
    "Progress",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "Timer",
]
