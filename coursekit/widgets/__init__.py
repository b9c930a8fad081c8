"""Explorers, quiz items and predictions for notebooks: one idea each, moved by hand or by keys, said in words too.

Needs the extra ``lab`` (ipywidgets and matplotlib). See docs/widgets.md.
"""

from __future__ import annotations

from coursekit._frameworks import require

require("ipywidgets")

from .explorer import Explorer  # noqa: E402  (the missing extra is named before it is needed)
from .guesses import GuessFile, guesses_path  # noqa: E402  (as above)
from .loss_explorer import LossExplorer  # noqa: E402  (as above)
from .optimizer_race import OptimizerRace  # noqa: E402  (as above)
from .predict import Prediction, predict  # noqa: E402  (as above)
from .quiz import Quiz, quiz  # noqa: E402  (as above)
from .schedule_explorer import ScheduleExplorer  # noqa: E402  (as above)
from .training_dashboard import TrainingDashboard  # noqa: E402  (as above)

__all__ = [
    "Explorer",
    "GuessFile",
    "LossExplorer",
    "OptimizerRace",
    "Prediction",
    "Quiz",
    "ScheduleExplorer",
    "TrainingDashboard",
    "guesses_path",
    "predict",
    "quiz",
]
