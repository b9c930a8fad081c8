"""A question with choices: answered first, explained then, and answered again as often as wished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from coursekit.errors import ConfigurationError

from .guesses import GuessFile, Store
from .notes import note

_FULL = {"width": "auto"}


class Quiz:
    """One question with one right choice. The first answer is kept; every answer is explained.

    Args:
        question: plain text.
        choices: two or more different texts.
        answer: the right one of them.
        why: choice -> why it is right or wrong; said when it was chosen.
        key: names the question in the store; by default the question itself.
        store: where the first answer is kept: by default a small local file, or any mapping.

    Raises:
        ConfigurationError: fewer than two choices, equal choices, an answer or explanation of no choice.
    """

    def __init__(
        self,
        question: str,
        choices: Sequence[str],
        answer: str,
        *,
        why: Mapping[str, str] | None = None,
        key: str = "",
        store: Store | None = None,
    ) -> None:
        self.question, self.choices, self.answer = question, tuple(choices), answer
        self.why = dict(why or {})
        self._key, self._store = key or question, GuessFile() if store is None else store
        if len(self.choices) < 2 or len(set(self.choices)) < len(self.choices):
            raise ConfigurationError(
                f"the choices {self.choices!r}", expected="two or more, all different", mend="write one text per choice"
            )
        for text in (answer, *self.why):
            if text not in self.choices:
                raise ConfigurationError(
                    f"{text!r}, which is no choice",
                    expected=f"one of {', '.join(map(repr, self.choices))}",
                    mend="copy the text of the choice",
                )
        self.options = ipywidgets.RadioButtons(
            options=self.choices, value=None, layout=ipywidgets.Layout(width="auto"), tooltip=question
        )
        self.button = ipywidgets.Button(description="Check my answer", disabled=True, button_style="primary")
        self.button.layout = ipywidgets.Layout(width="auto", align_self="flex-start")
        self._said = ipywidgets.HTML()
        self.widget = ipywidgets.VBox(
            [ipywidgets.HTML(note(question)), self.options, self.button, self._said],
            layout=ipywidgets.Layout(max_width="52em"),
        )
        self.options.observe(self._chosen, names="value")
        self.button.on_click(self._checked)
        self.state = "Not answered yet."
        before = self._store.get(self._key, {}).get("first")
        if before in self.choices:
            self.state = f"Your first answer was: {before}"
            self._said.value = note(self.state)

    def _chosen(self, _change: Any) -> None:
        self.button.disabled = self.options.value is None

    def _checked(self, _button: Any) -> None:
        chosen = self.options.value
        if chosen is None:
            return
        right = chosen == self.answer
        if self._key not in self._store:
            self._store[self._key] = {"first": chosen, "right": right}
        verdict = "Right." if right else "Not this one; choose again."
        reason = self.why.get(chosen, "")
        self.state = f"{verdict} {reason}".strip()
        self._said.value = note(
            ("good" if right else "bad", ("✓ " if right else "✗ ") + verdict), *([reason] if reason else [])
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The live question; where widgets cannot run, the question with its choices, unanswered."""
        bundle = dict(self.widget._repr_mimebundle_(include=include, exclude=exclude) or {})
        listed = [f"{letter}) {text}" for letter, text in zip("abcdefghijklmnop", self.choices, strict=False)]
        bundle["text/html"] = note(self.question, *listed)
        bundle["text/plain"] = "\n".join([self.question, *listed])
        return bundle


def quiz(
    question: str,
    choices: Sequence[str],
    answer: str,
    *,
    why: Mapping[str, str] | None = None,
    key: str = "",
    store: Store | None = None,
) -> Quiz:
    """Ask a question with choices; see :class:`Quiz`."""
    return Quiz(question, choices, answer, why=why, key=key, store=store)
