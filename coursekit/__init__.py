"""coursekit: a course on training convolutional networks that is run, not read.

    import coursekit as ck

    data = ck.data.load("digits")
    model = ck.models.mini_vgg("torch", input_shape=data.input_shape, num_classes=data.num_classes)
    history = ck.Trainer(model, learning_rate=1e-3).fit(data.train, data.validation, epochs=5)

Importing this package imports no framework, no matplotlib and no ipywidgets: a public name is loaded when it
is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _startup

_startup.install()

__version__ = "0.1.0"

_ROOMS = ("data", "errors", "losses", "metrics", "models", "optimizers", "schedules", "visualization", "widgets")
# Public name -> the room that defines it.
_NAMES: dict[str, str] = {
    "CSVLogger": "training.callbacks",
    "Callback": "training",
    "Checkpoint": "training.callbacks",
    "EarlyStopping": "training.callbacks",
    "GradientMonitor": "training.callbacks",
    "GradualUnfreezing": "training.callbacks",
    "History": "training",
    "JSONLogger": "training.callbacks",
    "LRSchedule": "training.callbacks",
    "LivePlot": "training.callbacks",
    "Progress": "training.callbacks",
    "ReduceLROnPlateau": "training.callbacks",
    "TensorBoard": "training.callbacks",
    "TerminateOnNaN": "training.callbacks",
    "Timer": "training.callbacks",
    "TrainState": "training",
    "Trainer": "training",
    "check": "grading.notebook",
    "check_initial_loss": "training",
    "cross_validate": "training",
    "hint": "grading.notebook",
    "linear_scaled": "training",
    "lr_find": "training",
    "overfit_one_batch": "training",
    "predict": "widgets.predict",
    "quiz": "widgets.quiz",
    "solution": "grading.notebook",
}

__all__ = [
    "CSVLogger",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "GradientMonitor",
    "GradualUnfreezing",
    "History",
    "JSONLogger",
    "LRSchedule",
    "LivePlot",
    "Progress",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
    "Timer",
    "TrainState",
    "Trainer",
    "__version__",
    "check",
    "check_initial_loss",
    "cross_validate",
    "data",
    "errors",
    "hint",
    "linear_scaled",
    "losses",
    "lr_find",
    "metrics",
    "models",
    "optimizers",
    "overfit_one_batch",
    "predict",
    "quiz",
    "schedules",
    "solution",
    "visualization",
    "widgets",
]

if TYPE_CHECKING:
    # What __getattr__ finds at run time, for those who read and check without running.
    from . import data as data
    from . import errors as errors
    from . import losses as losses
    from . import metrics as metrics
    from . import models as models
    from . import optimizers as optimizers
    from . import schedules as schedules
    from . import visualization as visualization
    from . import widgets as widgets
    from .grading.notebook import check as check
    from .grading.notebook import hint as hint
    from .grading.notebook import solution as solution
    from .training import Callback as Callback
    from .training import History as History
    from .training import Trainer as Trainer
    from .training import TrainState as TrainState
    from .training import check_initial_loss as check_initial_loss
    from .training import cross_validate as cross_validate
    from .training import linear_scaled as linear_scaled
    from .training import lr_find as lr_find
    from .training import overfit_one_batch as overfit_one_batch
    from .training.callbacks import Checkpoint as Checkpoint
    from .training.callbacks import CSVLogger as CSVLogger
    from .training.callbacks import EarlyStopping as EarlyStopping
    from .training.callbacks import GradientMonitor as GradientMonitor
    from .training.callbacks import GradualUnfreezing as GradualUnfreezing
    from .training.callbacks import JSONLogger as JSONLogger
    from .training.callbacks import LivePlot as LivePlot
    from .training.callbacks import LRSchedule as LRSchedule
    from .training.callbacks import Progress as Progress
    from .training.callbacks import ReduceLROnPlateau as ReduceLROnPlateau
    from .training.callbacks import TensorBoard as TensorBoard
    from .training.callbacks import TerminateOnNaN as TerminateOnNaN
    from .training.callbacks import Timer as Timer
    from .widgets.predict import predict as predict
    from .widgets.quiz import quiz as quiz


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return _load(name)
    if name in _NAMES:
        value = getattr(_load(_NAMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _load(room: str) -> Any:
    # Says which extra is missing where a room stands on packages that are not installed.
    from ._frameworks import require

    return require(f"{__name__}.{room}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_NAMES})
