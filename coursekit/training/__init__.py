"""The training engine: one loop for both frameworks."""

from __future__ import annotations

from coursekit.optimizers import linear_scaled
from coursekit.training.callback import Callback
from coursekit.training.cross_validation import CrossValidation, cross_validate
from coursekit.training.first_tests import OverfitReport, overfit_one_batch
from coursekit.training.history import History
from coursekit.training.initial_loss import InitialLossReport, check_initial_loss
from coursekit.training.lr_finder import LRFinderResult, lr_find
from coursekit.training.state import TrainState
from coursekit.training.trainer import Trainer

__all__ = [
    "Callback",
    "CrossValidation",
    "History",
    "InitialLossReport",
    "LRFinderResult",
    "OverfitReport",
    "TrainState",
    "Trainer",
    "check_initial_loss",
    "cross_validate",
    "linear_scaled",
    "lr_find",
    "overfit_one_batch",
]
