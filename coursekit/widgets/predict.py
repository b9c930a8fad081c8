"""Predict, then see: the guess is stored before anything is revealed, and both are shown side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from coursekit.errors import ConfigurationError
from coursekit.visualization.style import MINUS

from .guesses import GuessFile, Store
from .notes import note

Actual = str | float


class Prediction:
    """A question about what will happen: a number or one of some choices, guessed before it is revealed.

    Args:
        question: plain text, with the unit of a number.
        actual: what happens, or a function without arguments that finds it out; called after the guess, once.
        choices: the possible outcomes; none: the guess is a number.
        why: said after the reveal.
        within: how far off a number may be and still count as near, as a share of the actual one.
        key: names the question in the store; by default the question itself.
        store: where the guess is kept: by default a small local file, or any mapping.

    Raises:
        ConfigurationError: a single choice, an actual value of no choice, a share that is not positive.
    """

    def __init__(
        self,
        question: str,
        actual: Actual | Callable[[], Actual],
        *,
        choices: Sequence[str] = (),
        why: str = "",
        within: float = 0.1,
        key: str = "",
        store: Store | None = None,
    ) -> None:
        self.question, self.choices, self.why, self.within = question, tuple(choices), why, within
        self._actual, self._known = actual, False
        self._key, self._store = key or question, GuessFile() if store is None else store
        if len(self.choices) == 1 or not within > 0:
            raise ConfigurationError(
                f"choices={self.choices!r}, within={within!r}",
                expected="no choices or at least two, and a positive share",
                mend="leave choices away for a number",
            )
        if not callable(actual):
            self._check(actual)
        if self.choices:
            self.guess: Any = ipywidgets.RadioButtons(options=self.choices, value=None, tooltip=question)
            self.guess.layout = ipywidgets.Layout(width="auto")
        else:
            self.guess = ipywidgets.Text(placeholder="a number", description="My guess", tooltip=question)
        self.button = ipywidgets.Button(description="Store my guess and reveal", button_style="primary")
        self.again = ipywidgets.Button(description="Guess anew")
        self.button.layout = ipywidgets.Layout(width="auto")
        self.again.layout = ipywidgets.Layout(width="auto", display="none")
        self._said = ipywidgets.HTML()
        row = ipywidgets.Layout(display="flex", flex_flow="row wrap")
        self.widget = ipywidgets.VBox(
            [
                ipywidgets.HTML(note(question)),
                self.guess,
                ipywidgets.Box([self.button, self.again], layout=row),
                self._said,
            ],
            layout=ipywidgets.Layout(max_width="52em"),
        )
        self.button.on_click(self._store_and_reveal)
        self.again.on_click(self._forget)
        self.state = "Not guessed yet."
        kept = self._store.get(self._key, {}).get("guess")
        if kept is not None and (not self.choices or kept in self.choices):
            self.guess.value = kept if self.choices else str(kept)
            self._reveal()

    @property
    def actual(self) -> Actual:
        """What happens; found out at the first call."""
        if callable(self._actual) and not self._known:
            value = self._actual()
            self._check(value)
            self._actual, self._known = value, True
        return self._actual  # type: ignore[return-value]  # a function is replaced by its value above

    def _check(self, actual: Actual) -> None:
        fits = actual in self.choices if self.choices else isinstance(actual, int | float) and math.isfinite(actual)
        if not fits:
            raise ConfigurationError(
                f"the outcome {actual!r}",
                expected=f"one of {', '.join(map(repr, self.choices))}" if self.choices else "a finite number",
                mend="give the outcome in the form of the guess",
            )

    def _store_and_reveal(self, _button: Any) -> None:
        guess: Actual | None = self.guess.value if self.choices else _number(self.guess.value)
        if guess is None:
            what = "Choose an outcome" if self.choices else "Write a number, such as 2.3 or 1e-3"
            self.state = f"{what} first: then it is revealed."
            self._said.value = note(self.state)
            return
        self._store[self._key] = {"guess": guess}
        self._reveal()

    def _reveal(self) -> None:
        guess: Any = self.guess.value if self.choices else _number(self.guess.value)
        actual: Any = self.actual
        near = guess == actual
        text = f"You guessed {guess}; it is {actual}."
        if not self.choices:
            near = guess is not None and abs(guess - actual) <= self.within * abs(actual)
            text = f"You guessed {guess:g}; it is {actual:.4g}." + _how_far(guess, actual)
        self.state = " ".join(filter(None, ["As predicted." if near else "Not as predicted.", text, self.why]))
        verdict = "✓ As predicted." if near else "✗ Not as predicted."
        self._said.value = note(("good" if near else "bad", verdict), text, *([self.why] if self.why else []))
        self.guess.disabled = self.button.disabled = True
        self.again.layout.display = ""

    def _forget(self, _button: Any) -> None:
        self._store.pop(self._key, None)
        self.guess.disabled = self.button.disabled = False
        self.guess.value = None if self.choices else ""
        self.again.layout.display = "none"
        self.state, self._said.value = "Not guessed yet.", ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The live question; where widgets cannot run, the question alone, nothing revealed."""
        bundle = dict(self.widget._repr_mimebundle_(include=include, exclude=exclude) or {})
        listed = [f"\N{BULLET} {text}" for text in self.choices]
        bundle["text/html"] = note("Predict: " + self.question, *listed)
        bundle["text/plain"] = "\n".join(["Predict: " + self.question, *listed])
        return bundle


def predict(
    question: str,
    actual: Actual | Callable[[], Actual],
    *,
    choices: Sequence[str] = (),
    why: str = "",
    within: float = 0.1,
    key: str = "",
    store: Store | None = None,
) -> Prediction:
    """Ask for a guess before something is shown; see :class:`Prediction`."""
    return Prediction(question, actual, choices=choices, why=why, within=within, key=key, store=store)


def _number(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", ".").replace(MINUS, "-"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _how_far(guess: float, actual: float) -> str:
    if guess == actual or not actual or not guess or (guess < 0) != (actual < 0):
        return ""
    factor = max(guess / actual, actual / guess)
    return f" Off by a factor of {factor:.2g}." if factor >= 2 else f" Off by {abs(guess - actual) / abs(actual):.0%}."
