"""A roster: the gradebook CSV that Canvas exports, and who of it is meant by a student's folder."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.errors import GradingError

POINTS_POSSIBLE = "points possible"
_LOGINS = ("SIS Login ID", "SIS User ID", "ID", "Student")


@dataclass(frozen=True)
class Roster:
    """What Canvas exported.

    Args:
        path: of the file.
        header: its columns.
        people: its rows, by column, in its order.
    """

    path: Path
    header: tuple[str, ...]
    people: tuple[Mapping[str, str], ...]
    _index: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def find(self, student: str) -> int | None:
        """The row that a student's folder means: its index; None where there is none, or where it could be several."""
        found = self.candidates(student)
        return found[0] if len(found) == 1 else None

    def candidates(self, student: str) -> tuple[int, ...]:
        """The rows that a folder could mean: by login, SIS id, Canvas's id or full name; the first that fits decides.

        Args:
            student: the folder's name. Upper and lower case do not count, as they do not in a login; a name may be
                "Last, First" or "First Last". Accents and apostrophes count: Jose is not José.

        Returns:
            Their indices, in the order of the roster; none where nobody is called so.
        """
        for column in _LOGINS:
            found = self._by(column).get(_plain(student, column), ())
            if found:
                return tuple(found)
        return ()

    def column(self, assignment: str) -> str | None:
        """The column of an assignment that Canvas has already: ``"hw1 (4711)"`` for ``"hw1"``."""
        return next((name for name in self.header if re.sub(r" \(\d+\)\Z", "", name) == assignment), None)

    def _by(self, column: str) -> dict[str, list[int]]:
        if column not in self._index:
            places: dict[str, list[int]] = {}
            for place, person in enumerate(self.people):
                if value := _plain(person.get(column, ""), column):
                    places.setdefault(value, []).append(place)
            self._index[column] = places
        return self._index[column]


def read_roster(path: Path) -> Roster:
    """Read the CSV that Canvas gives with Grades > Export.

    Raises:
        GradingError: it cannot be read, or is something else.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            rows = list(csv.reader(file, delimiter=";" if head.count(";") > head.count(",") else ","))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GradingError(
            f"the roster {path} cannot be read ({error})",
            expected="the CSV that Canvas exports",
            mend="export it again: Grades > Export > Export Entire Gradebook",
        ) from error
    header = tuple(rows[0]) if rows else ()
    if not {"Student", "ID"} <= {*header}:
        raise GradingError(
            f"the roster {path} has the columns {', '.join(header[:6]) or 'none'}",
            expected="Student, ID, and SIS Login ID or SIS User ID, as Canvas exports them",
            mend="export it again: Grades > Export > Export Entire Gradebook",
        )
    people = (dict(zip(header, row, strict=False)) for row in rows[1:])
    return Roster(path, header, tuple(one for one in people if _is_person(one)))


def _plain(text: str, column: str) -> str:
    # One form for a name that is composed or decomposed (macOS), has two spaces, or its last part first.
    text = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    if column != "Student" or "," not in text:
        return text
    last, _, first = text.partition(",")
    return f"{first.strip()} {last.strip()}".strip()


def _is_person(row: Mapping[str, str]) -> bool:
    # Beside students, Canvas writes a row of points and one of posting policies, which have no ID.
    return bool(row.get("ID", "").strip()) and POINTS_POSSIBLE not in row.get("Student", "").casefold()
