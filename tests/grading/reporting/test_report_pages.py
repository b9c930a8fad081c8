"""The written pages: safe, complete, the same every time, and nobody else's files touched."""

from __future__ import annotations

import itertools
import random
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_samples import finding, result
from typer.testing import CliRunner

from coursekit import cli
from coursekit.errors import GradingError
from coursekit.grading.batch.ledger import GRADEBOOK, RESULTS
from coursekit.grading.gradebook import Adjustment, Gradebook
from coursekit.grading.rendering.html import STYLE
from coursekit.grading.rendering.letters import visible
from coursekit.grading.reporting import write_report
from coursekit.grading.reporting.pages import STUDENTS, student_path
from coursekit.grading.results import Flag, Result

HOSTILE = [
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "..",
    "/",
    "",
    "a\x00b",
    "name\u202egnp.exe",
    "\udcff\udcfe",
    '" onmouseover="x',
    "{{ 7 * 7 }}",
    "a" * 300,
    "index",
    "Ana",
    "ana",
    "e\u0301",
    "\u00e9",
    "con",
    "javascript:alert(1)",
    "محمد علی",
    "&lt;b&gt;",
]


class Reader(HTMLParser):
    """Reads a page: tags balanced, headings, attributes, links."""

    void = ("meta", "link", "br", "rect", "line", "circle", "path", "polyline")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), (tag, names)
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style",):
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.tags if name == tag]


def hostile_class() -> list[Result]:
    nasty = "<img src=x onerror=alert(1)> \u202e \x1b[31m http://example.org/"
    return [
        result(
            student,
            exercise,
            number % 5,
            message=nasty if number % 3 == 0 else "",
            traceback=nasty if number % 3 == 1 else "",
            named=[finding(evidence=(nasty,), explanation=nasty)] if number % 4 == 2 else [],
            flags=[Flag(kind="odd", text=nasty)],
        )
        for number, (student, exercise) in enumerate(itertools.product(HOSTILE, ["13.1", "13.2"]))
    ]


def pages(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.html")}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(hostile_class(), tmp_path_factory.mktemp("hostile"), title="<b>Class</b>").parent


def test_every_student_has_a_page_that_is_linked(hostile: Path) -> None:
    import urllib.parse

    found = pages(hostile)
    assert len({student_path(name).casefold() for name in HOSTILE}) == len(HOSTILE)
    assert set(found) == {"index.html", *(student_path(name) for name in HOSTILE)}
    links = {attrs["href"] for attrs in Reader(found["index.html"]).all("a")}
    for name in HOSTILE:
        assert any(urllib.parse.unquote(link) == student_path(name) for link in links)
    for link in links:
        assert link.startswith("#") or (hostile / urllib.parse.unquote(link)).is_file()


def test_nothing_in_a_page_runs_or_asks_for_anything(hostile: Path) -> None:
    for text in pages(hostile).values():
        reader = Reader(text)
        tags = {tag for tag, _ in reader.tags}
        assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "image", "use", "b"}
        for tag, attrs in reader.tags:
            assert not any(name.startswith("on") for name in attrs), tag
            for name in ("src", "href", "srcset", "action", "poster", "data", "xlink:href"):
                assert ":" not in attrs.get(name, "").replace("data:,", ""), (tag, attrs)
        styles = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        assert not any(re.search(r"url\(|@import|@font-face|http", style) for style in styles)
        (policy,) = [attrs["content"] for attrs in reader.all("meta") if "http-equiv" in attrs]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        assert text.index("Content-Security-Policy") < text.index("<title>")


def test_letters_that_steer_the_page_are_shown(hostile: Path) -> None:
    for text in pages(hostile).values():
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", text)
    assert "name[U+202E]gnp.exe" in "".join(Reader(pages(hostile)["index.html"]).texts)
    assert visible("Zo\u00eb \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f52c\n") == (
        "Zo\u00eb \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f52c\n"
    )


def test_a_page_has_what_a_reader_who_hears_needs(hostile: Path) -> None:
    for text in pages(hostile).values():
        reader = Reader(text)
        levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
        assert reader.all("html") == [{"lang": "en"}]
        assert len(reader.all("title")) - len(reader.all("svg")) <= 1
        assert len(reader.all("caption")) == len(reader.all("table"))
        assert all("scope" in attrs for attrs in reader.all("th"))
        names = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
        assert len(set(names)) == len(names)
        for _, attrs in reader.tags:
            for name in attrs.get("aria-labelledby", "").split():
                assert name in names
            if attrs.get("role") == "region":
                assert attrs["tabindex"] == "0"


def test_a_student_sees_nobody_else_and_no_flag(tmp_path: Path) -> None:
    flag = Flag(kind="edited-check", text="A locked cell was changed.")
    write_report([result("alice", points=4), result("bob", "13.2", flags=[flag])], tmp_path)
    alice = (tmp_path / STUDENTS / "alice.html").read_text()
    bob = (tmp_path / STUDENTS / "bob.html").read_text()
    assert "bob" not in alice
    assert "index.html" not in alice
    assert "13.2 Exercise 13.2: not handed in" in alice
    assert "edited" not in bob
    assert "locked" not in bob
    assert "A locked cell was changed." in (tmp_path / "index.html").read_text()


def _visible(path: Path) -> str:
    return " ".join("".join(Reader(path.read_text("utf-8")).texts).split())


def test_an_instructors_points_count_and_say_why(tmp_path: Path) -> None:
    mended, judged = result("ada", points=1), result("bob", status="not judged")
    nasty = "<b>an unusual but right way</b>"
    adjustments = {
        mended.key: Adjustment(key=mended.key, points=3.5, reason=nasty, by="jd"),
        judged.key: Adjustment(key=judged.key, points=2, reason="read by hand", by="jd"),
    }
    results = [mended, result("ada", "13.2", 4), judged, result("bob", "13.2", 0), result("cleo", "13.2", 4)]
    index = write_report(results, tmp_path, adjustments=adjustments)
    said = _visible(index)
    assert f"3.5adjusted: {nasty}" in said
    assert "2adjusted: read by hand" in said
    assert f"3.5 1 jd {nasty}".replace(" ", "") in said.replace(" ", "")
    assert "Not judged. The grader" not in said
    assert "lowest to highest2\N{EN DASH}7.5" in said
    ada = _visible(tmp_path / STUDENTS / "ada.html")
    assert "7.5 of 8" in ada
    assert f"3.5 of 4 points, adjusted: {nasty}" in ada
    assert "jd" not in ada
    bob = _visible(tmp_path / STUDENTS / "bob.html")
    assert "not judgedadjusted: read by hand" in bob
    assert "2 of 4 points, adjusted: read by hand" in bob
    assert "adjusted" not in _visible(tmp_path / STUDENTS / "cleo.html")


def test_the_same_results_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    results = hostile_class()
    write_report(results, tmp_path / "one")
    random.Random(0).shuffle(results)
    write_report(results, tmp_path / "other")
    write_report(results, tmp_path / "other")
    assert pages(tmp_path / "one") == pages(tmp_path / "other")


def test_what_is_rare_is_folded_and_what_does_not_run_stands_apart(tmp_path: Path) -> None:
    shared, own = finding("shared"), [finding(f"own-{number}") for number in range(3)]
    results = [result("a", named=[shared]), result("b", named=[shared])]
    results += [result(f"c{number}", named=[one]) for number, one in enumerate(own)]
    results += [result("d", points=0, message="Your code was stopped."), result("e", points=1)]
    page = write_report(results, tmp_path).read_text("utf-8")
    before, _, folded = page.partition("<summary>3 more, each held by a single student</summary>")
    folded = folded.partition("</details>")[0]
    assert "known as <code>shared</code>" in before
    assert re.findall(r"known as <code>(\S+)</code>", folded) == ["own-0", "own-1", "own-2"]
    broken, unknown = re.split(r'<h2 id="unexplained">', page.partition('<h2 id="broken">')[2])
    unknown = unknown.partition("</section>")[0]
    assert "Code that does not run or was stopped" in broken
    assert "Your code was stopped." in broken
    assert "2 checks failed" in unknown
    assert "stopped" not in unknown
    assert "Code that does not run (1)" in page
    assert "Failures without a name (1)" in page


def test_the_command_keeps_the_title_and_counts_adjustments(tmp_path: Path) -> None:
    graded = result("ada", points=1)
    (tmp_path / RESULTS).touch()
    with Gradebook(tmp_path / GRADEBOOK) as book:
        book.record([graded])
        book.adjust(graded.key, 3, "read by hand", "jd")

    def report(*options: str) -> str:
        done = CliRunner().invoke(cli.app, ["report", str(tmp_path), *options])
        assert done.exit_code == 0, done.output
        assert done.output.strip() == str(tmp_path / "report" / "index.html")
        return _visible(tmp_path / "report" / STUDENTS / "ada.html")

    assert "Class report" in report()
    assert "Grüße & <Week 5>" in report("--title", "Grüße & <Week 5>")
    again = report()
    assert "Grüße & <Week 5>" in again
    assert "3 of 4 points, adjusted: read by hand" in again
    assert "Week 6" in report("--title", "Week 6")
    assert "Week 6" in report()


def test_former_pages_go_and_foreign_files_stay(tmp_path: Path) -> None:
    write_report([result("alice"), result("bob")], tmp_path)
    mine = tmp_path / STUDENTS / "notes.html"
    mine.write_text("mine")
    copy = tmp_path / STUDENTS / "bob-with-remarks.html"
    copy.write_bytes((tmp_path / STUDENTS / "bob.html").read_bytes())
    write_report([result("alice")], tmp_path)
    assert sorted(path.name for path in (tmp_path / STUDENTS).iterdir()) == [
        "alice.html",
        "bob-with-remarks.html",
        "notes.html",
    ]


def test_a_foreign_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<html>my home page</html>")
    with pytest.raises(GradingError, match=r"index\.html was not written by coursekit"):
        write_report([result("alice")], tmp_path)
    assert (tmp_path / "index.html").read_text() == "<html>my home page</html>"
    (tmp_path / "file").write_text("")
    with pytest.raises(GradingError, match="cannot be written"):
        write_report([result("alice")], tmp_path / "file")


def test_a_write_that_fails_leaves_the_former_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report([result("alice", points=4)], tmp_path)
    before = pages(tmp_path)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(GradingError, match="No space left"):
        write_report([result("alice", points=1)], tmp_path)
    assert pages(tmp_path) == before
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("students", [0, 1, 2, 500])
def test_classes_of_any_size(tmp_path: Path, students: int) -> None:
    results = [
        result(f"s{number}", exercise, (number * 7) % 5, named=[finding()] if number % 2 else [])
        for number in range(students)
        for exercise in ("13.1", "13.2", "14.1")
    ]
    index = write_report(results, tmp_path)
    assert len(list((tmp_path / STUDENTS).iterdir())) == students
    text = "".join(Reader(index.read_text()).texts)
    assert f"{students} student{'' if students == 1 else 's'}," in text
    assert "nan" not in text.lower().split()
    if students == 0:
        assert "no results yet" in text
    else:
        assert "fewer than 3 students" in text or students > 2


def _contrast(one: str, other: str) -> float:
    # WCAG 2.2, relative luminance and contrast ratio.
    def luminance(colour: str) -> float:
        digits = colour.lstrip("#")
        digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
        parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_in_light_dark_and_print() -> None:
    import coursekit.grading.reporting as room

    css = (Path(room.__file__).parent / "templates" / "style.css").read_text()
    themes = [dict(re.findall(r"--([\w-]+):(#\w+)", block)) for block in re.findall(r":root\{(.*?)\}", css)]
    cards = [
        dict(re.findall(r"--ck-([\w-]+):(#\w+)", block)) for block in re.findall(r"\{([^{}]*--ck-[^{}]*)\}", STYLE)
    ]
    assert len(themes) == 3
    cards = [card for card in cards if card]
    assert len(cards) == 4
    for theme in [*themes, *cards]:
        for ground in (theme["ground"], theme["tint"]):
            for name in theme.keys() & {"ink", "soft", "link", "note", "good", "bad"}:
                assert _contrast(theme[name], ground) >= 4.5, (name, ground)
        if "accent" in theme:
            assert _contrast(theme["accent"], theme["ground"]) >= 3
            assert _contrast(theme["accent"], theme["track"]) >= 3
