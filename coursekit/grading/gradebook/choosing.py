"""Which grade is meant, where only the student and the exercise are said."""

from __future__ import annotations

from collections.abc import Iterable

from coursekit.errors import GradingError, unknown_name
from coursekit.grading.results import Key

from .marks import natural


def choose(keys: Iterable[Key], student: str, exercise: str, *, assignment: str = "", notebook: str = "") -> Key:
    """The only grade of a student for an exercise.

    Args:
        keys: of every grade there is.
        student: as the gradebook has the name.
        exercise: its id, ``"14.1"``.
        assignment: only of this one; of any where it is empty.
        notebook: likewise.

    Raises:
        ConfigurationError: a student, an exercise of the student, an assignment or a notebook that is not there; with
            the nearest names that are.
        GradingError: several grades are meant; they are listed.
    """
    left = sorted(keys, key=lambda key: natural(*key))
    asked = (("student", student), ("assignment", assignment), ("notebook", notebook), ("exercise", exercise))
    # From the student on, each is looked for among what is left: the names in the message are those that would do.
    for place, (kind, wanted) in enumerate(asked):
        if wanted or kind in ("student", "exercise"):
            found = [key for key in left if key[place] == wanted]
            if not found:
                among = "" if kind == "student" else f" of {student}"
                raise unknown_name(f"{kind}{among}", wanted, {key[place] for key in left})
            left = found
    if len(left) > 1:
        listed = "; ".join(f"--assignment {key[1]} --notebook {key[2]}" for key in left)
        raise GradingError(
            f"{student} has {len(left)} grades for exercise {exercise}",
            expected=f"which of them: {listed}",
            mend="say the assignment, or the notebook, or both",
        )
    return left[0]
