"""What every explorer is: controls, a picture made anew at each change, and a line that says what it shows.

Numbers come from pure functions, pictures from drawing functions; an explorer only joins them. Its controls are native
ones, so that Tab reaches them and the arrow keys move them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import ipywidgets

from coursekit.errors import CoursekitError
from coursekit.visualization import Picture


class Explorer(ABC):
    """One idea to move about in; a notebook shows it as the value of a cell.

    Where widgets cannot run (a page made by nbconvert, a reader of mail), the picture stands in their place.

    Attributes:
        title: what is explored.
        controls: the controls by name; setting ``controls["rate"].value`` does what a reader's hand does.
        widget: all of it, as an ipywidgets container.
    """

    title: ClassVar[str]

    def __init__(self, controls: Mapping[str, Any], groups: Sequence[Sequence[str]] = ()) -> None:
        """Arrange the controls over the picture.

        Args:
            controls: name -> ipywidgets control.
            groups: names per row; rows wrap where there is little room. By default one row of all.
        """
        self.controls = dict(controls)
        self._drawn = ipywidgets.HTML()
        self._picture: Picture | None = None
        rows = [
            ipywidgets.Box(
                [self.controls[name] for name in group],
                layout=ipywidgets.Layout(display="flex", flex_flow="row wrap", align_items="center", width="100%"),
            )
            for group in (groups or [list(self.controls)])
        ]
        heading = ipywidgets.HTML(f"<strong>{self.title}</strong>")
        self.widget = ipywidgets.VBox([heading, *rows, self._drawn], layout=ipywidgets.Layout(max_width="54em"))
        for control in self.controls.values():
            control.observe(self._changed, names="value")
        self.refresh()

    @abstractmethod
    def draw(self) -> Picture:
        """Compute and draw what the controls say."""

    def refresh(self) -> None:
        """Draw anew; an impossible setting is said in words and leaves the last picture."""
        try:
            self._picture = self.draw()
            self._drawn.value = self._picture.html()
        except CoursekitError as error:
            if self._picture is None:
                raise
            said = Picture(self._picture.panels, alt=self._picture.alt, state=f"This setting cannot be drawn: {error}")
            self._drawn.value = said.html()

    @property
    def state(self) -> str:
        """What the picture shows now, in words."""
        return self._shown.state

    @property
    def alt(self) -> str:
        """What is drawn, in words."""
        return self._shown.alt

    def picture(self, kind: Literal["svg", "png"] = "png") -> bytes:
        """The picture of this moment as a file.

        Args:
            kind: "svg", light or dark as its reader prefers, or "png", light.

        Raises:
            ConfigurationError: another kind.
        """
        return self._shown.data(kind)

    @property
    def _shown(self) -> Picture:
        if self._picture is None:
            self._picture = self.draw()
        return self._picture

    def _changed(self, _change: Any) -> None:
        self.refresh()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The live widget, and beside it the picture and the words for where it cannot live."""
        bundle = dict(self.widget._repr_mimebundle_(include=include, exclude=exclude) or {})
        bundle["text/html"] = self._shown.html()
        bundle["text/plain"] = f"{self.title}. {self.alt}\n{self.state}"
        return bundle


def slider(label: str, value: float, low: float, high: float, step: float, *, form: str = ".2f", tip: str = "") -> Any:
    """A slider over numbers, which sends while it moves.

    Args:
        label: beside the slider.
        value: at the start.
        low: least value.
        high: greatest value.
        step: of an arrow key.
        form: how the number is written.
        tip: a sentence on what it does.
    """
    return ipywidgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=label, readout_format=form, tooltip=tip, **_look()
    )


def log_slider(label: str, value: float, low: int, high: int, *, step: float = 0.05, tip: str = "") -> Any:
    """A slider over powers of ten from ``10**low`` to ``10**high``; ``step`` is in powers of ten.

    The value at the start is the nearest one that the slider has: a browser would move it there, and with it the
    picture, so that a notebook would say one thing where it is run and another where it is looked at.
    """
    value = 10 ** (round(math.log10(value) / step) * step)
    return ipywidgets.FloatLogSlider(
        value=value,
        base=10,
        min=low,
        max=high,
        step=step,
        description=label,
        readout_format=".2g",
        tooltip=tip,
        **_look(),
    )


def count_slider(label: str, value: int, low: int, high: int, *, step: int = 1, tip: str = "") -> Any:
    """A slider over whole numbers."""
    return ipywidgets.IntSlider(value=value, min=low, max=high, step=step, description=label, tooltip=tip, **_look())


def choice(label: str, options: Sequence[tuple[str, Any]], value: Any, *, tip: str = "") -> Any:
    """A list to choose one of, by hand or with the arrow keys."""
    return ipywidgets.Dropdown(options=list(options), value=value, description=label, tooltip=tip, **_look())


def tick(label: str, *, value: bool, tip: str = "") -> Any:
    """A box to tick."""
    layout = ipywidgets.Layout(width="auto", margin="2px 1em 2px 2px")
    return ipywidgets.Checkbox(value=value, description=label, indent=False, tooltip=tip, layout=layout)


def _look() -> dict[str, Any]:
    # A layout of its own for each: one that is shared would hide and show them all together.
    layout = ipywidgets.Layout(width="auto", min_width="17em", max_width="25em", flex="1 1 20em")
    return {"style": {"description_width": "9.5em"}, "layout": layout}
