"""File names for students: one component, never another's, whatever they are called."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.grading.filenames import safe_name

HOSTILE = (
    "../../x",
    "..",
    ".",
    "",
    "/etc/passwd",
    "C:\\x",
    "a/b",
    "a\nb",
    "a\x00b",
    "CON",
    "con.txt",
    "-rf",
    ".hidden",
    "x.",
    "x ",
    "\u202egnp.exe",
    "\udce4scii",
    '=HYPERLINK("http://x")',
    "a" * 5000,
    "é" * 300,
    "~",
    "con~",
)


@pytest.mark.parametrize("name", ["jdoe", "j.doe@uni.edu", "ada_lovelace-2", "王小明", "हिन्दी", "zoë"])
def test_ordinary_lower_case_names_are_kept(name: str) -> None:
    assert safe_name(name) == name


def _written(name: str, folder: Path) -> Path:
    path = folder / f"{safe_name(name)}.json"
    path.write_text(ascii(name))
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_makes_an_ordinary_file_in_the_folder(name: str, tmp_path: Path) -> None:
    path = _written(name, tmp_path)
    assert [one.resolve() for one in tmp_path.iterdir()] == [path.resolve()]
    assert len(path.name.encode()) <= 120
    assert path.name[0] not in "-.~"
    assert path.stem.partition(".")[0].lower() not in ("con", "nul", "")


def test_names_that_look_alike_when_mended_do_not_share_a_file(tmp_path: Path) -> None:
    names = {*HOSTILE, "a/b", "a\\b", "a-b", "a b", "a:b", "a" * 5001, "Ada", "ada", "ADA", "straße", "strasse"}
    names |= {"zoe\u0308", "zo\u00eb", "\uff41da"}  # decomposed, composed, full width
    assert len({_written(name, tmp_path) for name in names}) == len(names)
    assert len({_seen_by_a_lax_file_system(name) for name in names}) == len(names)


@given(st.text(), st.text())
def test_two_names_differ_even_where_case_and_composition_do_not_count(one: str, other: str) -> None:
    if one != other:
        assert _seen_by_a_lax_file_system(one) != _seen_by_a_lax_file_system(other)


def _seen_by_a_lax_file_system(name: str) -> str:
    return unicodedata.normalize("NFKD", safe_name(name).casefold())


@given(st.text())
def test_nobody_can_be_called_like_anothers_file(name: str) -> None:
    mended = safe_name(name)
    assert safe_name(mended) == mended if mended == name else safe_name(mended) != mended
