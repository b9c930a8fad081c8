"""Pace: how many batches the engine hands to the backend at a time.

Long blocks cost less per step; short ones let progress be shown and a run be interrupted. How steps are grouped changes
nothing that is computed, so the pace may follow the clock.
"""

from __future__ import annotations

from collections.abc import Sequence

LONGEST = 64
STEADY = 8
# A surfacing every 0.1 to 0.4 s feels immediate, and costs nothing beside that much work.
SHORT, LONG = 0.1, 0.4


class Pace:
    """Steps per block.

    Args:
        boundaries: the engine surfaces after every multiple of each of these steps.
        accumulate: batches per step.
        longest: steps that a block may have at most.
        steady: whether to keep one length and not look at the clock: processes of one run must surface together.
    """

    def __init__(
        self, boundaries: Sequence[int] = (), accumulate: int = 1, longest: int = LONGEST, *, steady: bool = False
    ) -> None:
        self.boundaries, self.accumulate, self.longest = boundaries, accumulate, max(1, longest)
        self.steady = steady
        self._steps = min(STEADY, self.longest) if steady else 1

    def batches(self, step: int) -> int:
        """How many batches the next block may have, when ``step`` optimizer steps have been taken."""
        return self.accumulate * min([self._steps, *(n - step % n for n in self.boundaries)])

    def took(self, steps: int, seconds: float) -> None:
        """Take note of how long a block was under way."""
        if self.steady:
            return
        if seconds < SHORT and steps >= self._steps:
            self._steps = min(2 * self._steps, self.longest)
        elif seconds > LONG:
            self._steps = max(1, self._steps // 2)
