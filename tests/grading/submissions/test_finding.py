"""Layouts: who handed in what, in folders and archives."""

from __future__ import annotations

import io
import os
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hostile_notebooks import course

from coursekit.errors import GradingError
from coursekit.grading.submissions.archive import Archive
from coursekit.grading.submissions.bounds import Bounds, RefusedError
from coursekit.grading.submissions.files import DiskFile
from coursekit.grading.submissions.finding import find
from coursekit.grading.submissions.names import hidden, notebook_named, read_label, shown

RELEASED = ("13_losses", "14_training_loop", "loop")
NFD = unicodedata.normalize("NFD", "Zoë Müller")


def write(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(course.honest())
    return folder


def packed(*names: str, data: bytes | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, course.honest() if data is None else data)
    return buffer.getvalue()


def found(path: Path) -> list[tuple[str, str, str]]:
    with find(path, RELEASED) as finding:
        return [(one.student, one.assignment, one.stem) for one in finding.notebooks]


LAYOUTS = {
    "nbgrader": (
        ["ada/week3/14_training_loop.ipynb", "bob/week3/14_training_loop.ipynb", "bob/week3/13_losses.ipynb"],
        [
            ("ada", "week3", "14_training_loop"),
            ("bob", "week3", "13_losses"),
            ("bob", "week3", "14_training_loop"),
        ],
    ),
    "flat": (
        ["ada.ipynb", "bob.b. Jr.ipynb", "Zoë Müller.ipynb", "李.ipynb"],
        [("Zoë Müller", "", "Zoë Müller"), ("ada", "", "ada"), ("bob.b. Jr", "", "bob.b. Jr"), ("李", "", "李")],
    ),
    "flat with notebooks": (
        ["ada_14_training_loop.ipynb", "ada_l_13_losses.ipynb", "bob__14_training_loop.ipynb"],
        [("ada", "", "14_training_loop"), ("ada_l", "", "13_losses"), ("bob", "", "14_training_loop")],
    ),
    "flat with assignments": (["ada__week3.ipynb"], [("ada", "week3", "week3")]),
    "moodle": (
        ["Ada Lovelace_123_assignsubmission_file_/14_training_loop.ipynb", "Bo_7_assignsubmission_file/x.ipynb"],
        [("Ada Lovelace_123", "", "14_training_loop"), ("Bo_7", "", "x")],
    ),
    "moodle flat": (
        ["Ada Lovelace_123_assignsubmission_file_my work.ipynb"],
        [("Ada Lovelace_123", "", "my work")],
    ),
    "canvas": (
        ["lovelaceada_LATE_12_345_14_training_loop-1.ipynb"],
        [("lovelaceada_LATE_12_345", "", "14_training_loop-1")],
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("where", ["folder", "parent", "zip", "wrapped zip", "zip of submitted"])
def test_layouts(layout: str, where: str, tmp_path: Path):
    names, expected = LAYOUTS[layout]
    if where == "folder":
        path = write(tmp_path / "all", *names)
    elif where == "parent":
        write(tmp_path / "submitted", *names)
        path = write(tmp_path, "source/week3/14_training_loop.ipynb", "autograded/ada/week3/14_training_loop.ipynb")
    else:
        wrapper = {"zip": "", "wrapped zip": "week 3/", "zip of submitted": "submitted/"}[where]
        path = tmp_path / "week 3.zip"
        path.write_bytes(packed(*(wrapper + name for name in names)))
    assert found(path) == expected


def test_what_stands_beside_submitted_is_listed_and_not_graded(tmp_path: Path):
    write(tmp_path, "submitted/ada/week3/loop.ipynb", "release/week3/loop.ipynb")
    with find(tmp_path, RELEASED) as finding:
        assert [(one.path, one.kind) for one in finding.ignored] == [("release", "elsewhere")]
    (tmp_path / "x.zip").write_bytes(packed("submitted/ada/week3/loop.ipynb", "release/week3/loop.ipynb"))
    with find(tmp_path / "x.zip", RELEASED) as finding:
        assert [one.student for one in finding.notebooks] == ["ada"]
        assert [(one.path, one.kind) for one in finding.ignored] == [("release/week3/loop.ipynb", "elsewhere")]


def test_a_students_own_archive(tmp_path: Path):
    folder = write(tmp_path / "all", "zoe/14_training_loop.ipynb")
    (folder / "ada").mkdir()
    (folder / "ada" / "work.zip").write_bytes(packed("bob/other week/14_training_loop.ipynb"))
    (folder / "cy_14_training_loop.zip").write_bytes(packed("anything.ipynb"))
    (folder / "di__week3.zip").write_bytes(packed("14_training_loop.ipynb"))
    expected = [
        ("ada", "", "14_training_loop"),
        ("cy", "", "anything"),
        ("di", "week3", "14_training_loop"),
        ("zoe", "", "14_training_loop"),
    ]
    assert found(folder) == expected
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        for path in sorted(folder.rglob("*.*")):
            archive.write(path, path.relative_to(folder).as_posix())
    (tmp_path / "class.zip").write_bytes(outer.getvalue())
    assert found(tmp_path / "class.zip") == expected
    with find(tmp_path / "class.zip", RELEASED) as finding:
        assert finding.notebooks[0].path == "ada/work.zip!bob/other week/14_training_loop.ipynb"
        assert all(one.file.read(100_000) == course.honest() for one in finding.notebooks)


def test_a_students_own_archive_may_not_unpack_to_more_than_is_read(tmp_path: Path):
    (tmp_path / "ada.zip").write_bytes(packed("a.ipynb", "b.ipynb"))
    size = len(course.honest())
    assert len(find(tmp_path, RELEASED, Bounds(unpacked_bytes=2 * size)).notebooks) == 2
    with pytest.raises(GradingError, match="unpack to"):
        find(tmp_path, RELEASED, Bounds(unpacked_bytes=2 * size - 1))


def test_names_in_archives_that_do_not_say_that_they_are_utf_8(tmp_path: Path):
    data = packed("Zoe\u0308/loop.ipynb").replace(b"\x00\x08", b"\x00\x00")
    (tmp_path / "x.zip").write_bytes(data)
    assert found(tmp_path / "x.zip") == [("Zoë", "", "loop")]


def test_names_are_composed(tmp_path: Path):
    assert found(write(tmp_path, f"{NFD}.ipynb")) == [("Zoë Müller", "", NFD)]


def test_a_notebook_alone(tmp_path: Path):
    write(tmp_path, "ada_loop.ipynb", "bob.ipynb")
    assert found(tmp_path / "ada_loop.ipynb") == [("ada", "", "loop")]


def test_names_without_a_student_are_listed(tmp_path: Path):
    write(tmp_path, "loop.ipynb", "13_losses (1).ipynb", "ada.ipynb")
    with find(tmp_path, RELEASED) as finding:
        assert [one.student for one in finding.notebooks] == ["ada"]
        assert [one.kind for one in finding.ignored] == ["no-student", "no-student"]
    with pytest.raises(GradingError, match="neither its name nor a folder"):
        find(tmp_path / "loop.ipynb", RELEASED)


def test_students_whose_names_differ_in_letter_case_are_two_and_flagged(tmp_path: Path):
    with find(write(tmp_path, "ada/loop.ipynb", "Ada/loop.ipynb", "bob/loop.ipynb"), RELEASED) as finding:
        flags = {one.student: [flag.kind for flag in one.flags] for one in finding.notebooks}
    assert flags == {"Ada": ["similar-name"], "ada": ["similar-name"], "bob": []}


def test_a_student_of_unseen_characters_is_flagged_and_is_nobody_else(tmp_path: Path):
    with find(write(tmp_path, "ada\u200b/loop.ipynb", "ada/loop.ipynb", "a\nb/loop.ipynb"), RELEASED) as finding:
        flags = {one.student: [flag.kind for flag in one.flags] for one in finding.notebooks}
    assert flags == {"ada": [], "ada\\u{200b}": ["odd-name"], "a\\u{a}b": ["odd-name"]}


def test_one_students_files_do_not_use_up_anothers(tmp_path: Path):
    write(tmp_path, "mallory/z.ipynb", "zoe/loop.ipynb", *(f"mallory/{n}.txt" for n in range(40)))
    write(tmp_path, *(f"oscar/{n}.ipynb" for n in range(40)))
    with find(tmp_path, RELEASED, Bounds(files=20)) as finding:
        assert [(one.student, one.stem) for one in finding.notebooks] == [("mallory", "z"), ("zoe", "loop")]
        assert [(one.path, one.kind) for one in finding.ignored] == [("mallory", "limit"), ("oscar", "limit")]


def test_more_notebooks_of_one_student_than_are_read(tmp_path: Path):
    write(tmp_path, *(f"mallory/{n}/loop.ipynb" for n in range(6)), "zoe/loop.ipynb")
    with find(tmp_path, RELEASED, Bounds(folder_notebooks=5)) as finding:
        assert [one.student for one in finding.notebooks] == ["zoe"]
        assert [one.kind for one in finding.ignored] == ["limit"] * 6


def test_a_file_is_looked_at_again_when_it_is_opened(tmp_path: Path):
    write(tmp_path, "file")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    assert DiskFile(tmp_path / "file").read(100_000) == course.honest()
    for name, limit in (("link", 100_000), ("pipe", 100_000), ("file", 100), ("nothing", 100), (".", 100)):
        with pytest.raises(RefusedError):
            DiskFile(tmp_path / name).read(limit)
    # A file that says it is empty and is not: its size is not believed.
    with pytest.raises(RefusedError, match="too large"):
        DiskFile(Path("/proc/self/status")).read(10)


def test_the_directory_of_an_archive_is_not_read_where_it_is_too_long():
    names = [f"{number}{'x' * 60_000}" for number in range(9)]
    with pytest.raises(RefusedError, match="directory is too long"):
        Archive(io.BytesIO(packed(*names, data=b"")), entries=10)
    assert len(list(Archive(io.BytesIO(packed(*"abc", data=b"")), entries=10).entries(Bounds()))) == 3


def test_ignored_files_are_counted_where_they_are_too_many_to_list(tmp_path: Path):
    write(tmp_path, "ada/loop.ipynb", *(f"ada/{n}.txt" for n in range(8)))
    with find(tmp_path, RELEASED, Bounds(listed=3)) as finding:
        assert [one.path for one in finding.ignored] == ["ada/0.txt", "ada/1.txt", "ada/2.txt", "..."]
        assert finding.ignored[-1].reason == "5 more of this kind"


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("ada_14_training_loop", ("ada", "", "14_training_loop")),  # the longest name, not "loop"
        ("ada_loop", ("ada", "", "loop")),
        ("ada_LOOP", ("ada", "", "LOOP")),
        ("ada_loop (2)", ("ada", "", "loop (2)")),
        ("a__b__week 1", ("a__b", "week 1", "week 1")),
        ("__week1", ("__week1", "", "__week1")),
        ("_loop", ("", "", "_loop")),
        ("Loop-Copy1", ("", "", "Loop-Copy1")),
        ("ada lovelace", ("ada lovelace", "", "ada lovelace")),
    ],
)
def test_labels(stem: str, expected: tuple[str, str, str]):
    label = read_label(stem, RELEASED)
    assert (label.student, label.assignment, label.stem) == expected


def test_names_of_notebooks():
    assert notebook_named("loop", RELEASED) == ("loop", 0)
    assert notebook_named("Loop", RELEASED) == ("loop", 1)
    assert notebook_named("loop-Copy12", RELEASED) == ("loop", 1)
    assert notebook_named("loopy", RELEASED) == ("", 2)


def test_what_is_shown_is_printable_and_tells_names_apart():
    names = ["a", "a\n", "a\\n", "a\\u{a}", "\x1b[1m", "\ud800", "\u202e", "a" * 500, "a" * 499 + "b", "", "é", "李"]
    safe = [shown(name) for name in names]
    assert len(set(safe)) == len(names)
    assert all(name.isprintable() and len(name) < 240 for name in safe)
    assert hidden("ok\t\n\u200d") == []
    assert hidden("\u202e\u200b\x00") == ["U+0000", "U+200B", "U+202E"]
