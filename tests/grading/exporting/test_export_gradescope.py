"""Gradescope: the published format, one file a submission, nothing outside the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from coursekit.errors import GradingError
from coursekit.grading.exporting import export, gradescope
from coursekit.grading.gradebook import Adjustment
from coursekit.grading.results import Result

Make = Callable[..., Result]

# https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
TEST: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "score": {"type": "number"},
        "max_score": {"type": "number"},
        "status": {"enum": ["passed", "failed"]},
        "name": {"type": "string"},
        "name_format": FORMAT,
        "number": {"type": "string"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "tags": {"type": "array", "items": {"type": "string"}},
        "visibility": VISIBILITY,
        "extra_data": {"type": "object"},
    },
}
SUBMISSION: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [{"required": ["score"]}, {"required": ["tests"]}],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {"type": "array", "items": TEST},
        "leaderboard": {"type": "array"},
    },
}


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    jsonschema.validate(data, SUBMISSION)
    return data


def test_a_submission_is_as_published(graded: Make, tmp_path: Path) -> None:
    results = [graded("ada", "14.1", 7), graded("ada", "14.2", 10), graded("bob", "14.1", 0, status="not judged")]
    paths = export(results, "gradescope", tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "hw1/ada/results.json",
        "hw1/bob/results.json",
    ]
    ada, bob = map(_read, paths)
    assert ada["score"] == 17
    assert [(one["number"], one["score"], one["max_score"], one["status"]) for one in ada["tests"]] == [
        ("14.1.1", 7, 7, "passed"),
        ("14.1.2", 0, 3, "failed"),
        ("14.2.1", 7, 7, "passed"),
        ("14.2.2", 3, 3, "passed"),
    ]
    assert "Trains in eval mode." in ada["tests"][0]["output"]
    assert "Expected: True\nSeen: 0.125" in ada["tests"][1]["output"]
    assert {one["output_format"] for one in ada["tests"]} == {"text"}
    # Nobody has judged it: neither passed nor failed.
    assert [(one["number"], one["score"], one.get("status")) for one in bob["tests"]] == [("14.1", 0, None)]
    assert "not judged" in bob["tests"][0]["output"]


def test_an_adjustment_counts_and_is_said(graded: Make, tmp_path: Path) -> None:
    result = graded("ada", points=3)
    adjustment = Adjustment(key=result.key, points=8.5, reason="an unusual way", by="jd")
    (path,) = export(
        [result], "gradescope", tmp_path, adjustments={result.key: adjustment}, visibility="after_published"
    )
    data = _read(path)
    assert data["score"] == 8.5
    assert data["tests"][-1]["output"] == "8.5 of 10 points, given by an instructor: an unusual way"
    assert "score" not in data["tests"][-1]
    assert {one["visibility"] for one in data["tests"]} == {data["visibility"]} == {"after_published"}


HOSTILE = [
    "../../x",
    "/etc/x",
    "a/b",
    "a-b",
    "a\\b",
    "a\nb",
    "nul\x00",
    "\udce4",
    "x" * 5000,
    "é" * 200,
    "..",
    "",
    "Ada",
    "ada",
]


def test_no_file_leaves_the_folder_or_takes_anothers_place(graded: Make, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "target"
    results = [graded(name, assignment=other, text=name) for name in HOSTILE for other in HOSTILE]
    paths = export(results, "gradescope", target)
    assert len({str(path).casefold() for path in paths}) == len(results)
    assert all(path.resolve().is_relative_to(target.resolve()) for path in paths)
    assert [one for one in tmp_path.rglob("*") if one.is_file() and target not in one.parents] == []
    assert sorted(target.rglob("*.*json")) == sorted(paths)
    for path in paths[:: len(HOSTILE)]:
        _read(path)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "[x](javascript:1)", "\x1b[2J", "\udce4\x00"])
def test_a_students_words_are_plain_text(graded: Make, tmp_path: Path, text: str) -> None:
    (path,) = export([graded("ada", text=text)], "gradescope", tmp_path)
    data = _read(path)
    assert all(data[name] == "text" for name in ("output_format", "test_output_format", "test_name_format"))
    for one in data["tests"]:
        assert one["output_format"] == "text"
        assert not any(ord(mark) < 32 and mark not in "\n\t" for mark in one["output"])
        one["output"].encode("utf-8")


def test_two_names_with_one_digest_are_refused(graded: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradescope, "safe_name", lambda _: "forged")
    with pytest.raises(GradingError, match="the same digest"):
        export([graded("ada"), graded("bob")], "gradescope", tmp_path)
    assert list(tmp_path.iterdir()) == []
