"""Every error that coursekit raises, in one tree.

    CoursekitError
    |-- DataError              (ValueError)   images, labels, splits, loaders, files of images
    |-- ConfigurationError     (ValueError)   an argument: a name nobody knows, a rate that is not positive
    |-- ModelError             (ValueError)   a model of neither framework, a head of the wrong width
    |-- MissingExtraError      (ImportError)  a framework or tool that is not installed; names the extra
    |-- CheckpointError        (RuntimeError) nothing to resume from, or a run of another model or data set
    |-- CallbackError          (RuntimeError) a callback raised; the original is its __cause__
    `-- GradingError           (RuntimeError) the grader cannot do its work (never: the student's code is wrong)

    CoursekitWarning (UserWarning)
    |-- DataWarning            suspicious data that training goes on with
    `-- CheckpointWarning      a damaged checkpoint was passed over, or one could not be written

A message has three parts, because a reader asks three questions: what was given, what is expected, how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CoursekitError(Exception):
    """Base of all errors.

    Args:
        given: what was found, with its value: ``"batch_size=64 for 10 training images"``.
        expected: what would have been right.
        mend: what to do now, as an instruction.
    """

    def __init__(self, given: str, *, expected: str = "", mend: str = "") -> None:
        self.given, self.expected, self.mend = given, expected, mend
        parts = [given.rstrip(".") + "."]
        if expected:
            parts.append("Expected: " + expected.rstrip(".") + ".")
        if mend:
            parts.append("To mend it: " + mend.rstrip(".") + ".")
        super().__init__(" ".join(parts))


class DataError(CoursekitError, ValueError):
    """Images, labels or files that cannot be trained on."""


class ConfigurationError(CoursekitError, ValueError):
    """An argument that has no meaning here."""


class ModelError(CoursekitError, ValueError):
    """A model that this engine cannot train, or that does not fit the data."""


class MissingExtraError(CoursekitError, ImportError):
    """A package that is optional, needed here, and not installed."""


class CheckpointError(CoursekitError, RuntimeError):
    """A checkpoint that is missing, damaged, or of another run."""


class CallbackError(CoursekitError, RuntimeError):
    """A callback raised: the run ended, its last checkpoint is kept."""


class GradingError(CoursekitError, RuntimeError):
    """The grader could not do its work."""


class CoursekitWarning(UserWarning):
    """Base of all warnings."""


class DataWarning(CoursekitWarning):
    """Data that can be trained on but is probably not what was meant."""


class CheckpointWarning(CoursekitWarning):
    """A checkpoint was passed over or could not be written."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> ConfigurationError:
    """Build the error for a name that is in no table, with the nearest names that are.

    Args:
        kind: what was looked for: ``"optimizer"``.
        name: what was given.
        known: all names that would have been right.
    """
    names = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.5)
    mend = f"did you mean {' or '.join(map(repr, near))}?" if near else f"choose one of the {kind} names above"
    return ConfigurationError(f"unknown {kind} {name!r}", expected=f"one of {', '.join(names)}", mend=mend)
