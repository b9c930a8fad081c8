"""How callbacks watch a figure: its value at the end of an epoch, and which way is better."""

from __future__ import annotations

from coursekit.errors import ConfigurationError
from coursekit.training.history import better_is_smaller
from coursekit.training.state import TrainState

MODES = ("auto", "min", "max")


def check_mode(mode: str) -> str:
    """Return the mode.

    Raises:
        ConfigurationError: another word than "auto", "min" or "max".
    """
    if mode not in MODES:
        raise ConfigurationError(f"mode={mode!r}", expected='"auto", "min" or "max"', mend='use "auto"')
    return mode


def direction(monitor: str, mode: str) -> str:
    """Return "min" or "max"; "auto" goes by the figure's name: losses and errors shall fall, all else shall rise."""
    return "min" if better_is_smaller(monitor, mode) else "max"


def figure(state: TrainState, monitor: str, who: object) -> float:
    """Return the epoch's value of a figure.

    Raises:
        ConfigurationError: the run has no such figure; the message names those it has.
    """
    if monitor in state.logs:
        return state.logs[monitor]
    needs_validation = monitor.startswith("val_") and not any(name.startswith("val_") for name in state.logs)
    raise ConfigurationError(
        f"{type(who).__name__} watches {monitor!r}, which this run does not have",
        expected="one of " + ", ".join(state.logs),
        mend="give fit validation data" if needs_validation else f"write {type(who).__name__}(monitor=...)",
    )
