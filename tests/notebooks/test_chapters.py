"""The chapters' notebooks keep to the rules of the course, and have what the exercises send learners to read."""

from __future__ import annotations

import re
from pathlib import Path

import chapter_rules as rules
import pytest

from coursekit.grading.registry import answers, exercise, exercise_ids

ROOT = Path(__file__).resolve().parents[2]
FIRST = ROOT / "notebooks" / "00_start_here.ipynb"
CHAPTERS = {int(path.name[:2]): path for path in sorted((ROOT / "notebooks").glob("1[0-9]_*.ipynb"))}
OF_ALL = (rules.ids, rules.lengths, rules.saved, rules.widgets, rules.places)
OF_CHAPTERS = (rules.compared, rules.helpers, rules.parity, rules.questions)


def test_chapters_13_and_14_are_there() -> None:
    assert {13, 14} <= set(CHAPTERS)


@pytest.mark.parametrize("rule", OF_ALL, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", [FIRST, *CHAPTERS.values()], ids=lambda path: path.stem[:2])
def test_every_notebook(path: Path, rule) -> None:  # type: ignore[no-untyped-def]
    assert list(rule(rules.read(path))) == []


@pytest.mark.parametrize("rule", OF_CHAPTERS, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", CHAPTERS.values(), ids=lambda path: path.stem[:2])
def test_every_chapter(path: Path, rule) -> None:  # type: ignore[no-untyped-def]
    assert list(rule(rules.read(path))) == []


@pytest.mark.parametrize("path", [FIRST, *CHAPTERS.values()], ids=lambda path: path.stem[:2])
def test_its_size_and_its_links(path: Path) -> None:
    assert path.stat().st_size < rules.BYTES
    assert list(rules.links(rules.read(path), path.parent)) == []


def _readings() -> dict[str, set[str]]:
    """What to read again -> the exercises that say so."""
    found: dict[str, set[str]] = {}
    for name in exercise_ids():
        told = [exercise(name).reading, *(known.reading for known in answers(name).misconceptions)]
        for reading in told:
            found.setdefault(reading, set()).add(name)
    return found


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_exercises_say_to_read_again_is_there(chapter: int) -> None:
    headings = rules.headings(rules.read(CHAPTERS[chapter]))
    sent = {
        match[2]: sorted(names)
        for reading, names in _readings().items()
        if (match := re.fullmatch(r"Chapter (\d+), (.+)", reading)) and int(match[1]) == chapter
    }
    assert sent, "no exercise names this chapter"
    assert {reading: names for reading, names in sent.items() if reading not in headings} == {}
