"""Files that are no notebooks, or notebooks of another kind."""

from __future__ import annotations

import json
from typing import Any

from .corpus import NOTHING, Case
from .course import ANSWERS, as_bytes, honest, notebook, solution


def _with(**changes: Any) -> bytes:
    return as_bytes({**notebook(ANSWERS), **changes})


def _without(*keys: str) -> bytes:
    return as_bytes({key: value for key, value in notebook(ANSWERS).items() if key not in keys})


def _text() -> str:
    return honest().decode("utf-8")


def _version_3() -> bytes:
    content = notebook(ANSWERS)
    cells = content.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source").splitlines(keepends=True)
    return as_bytes({**content, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}, {"cells": None}]})


def _no_numbers() -> bytes:
    content = notebook(ANSWERS)
    content["metadata"]["widgets"] = [float("nan"), float("inf"), -float("inf")]
    return as_bytes(content)


def _duplicate_keys() -> bytes:
    cell = json.dumps(solution("1.1", "MARK")).replace(
        '"MARK"', '"raise SystemExit", "source": ' + json.dumps(ANSWERS["1.1"])
    )
    text = json.dumps(notebook(ANSWERS))
    return text.replace(json.dumps(solution("1.1", ANSWERS["1.1"])), cell).encode()


def _integers() -> bytes:
    return _text().replace('"nbformat_minor": 5', '"nbformat_minor": ' + "9" * 10_000).encode()


def _surrogates() -> bytes:
    return as_bytes(notebook({**ANSWERS, "1.1": ANSWERS["1.1"] + "  # \ud800"}))


def _broken_bytes() -> bytes:
    return honest().replace(b"# Week 1", b"# W\xff\xfeek 1")


def _many_outputs() -> bytes:
    content = notebook(ANSWERS)
    content["cells"][3]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 100] * 20_000}] * 2
    return as_bytes(content)


def _bad(name: str, tries: str, data: bytes, problem: str) -> Case:
    return Case(name=name, tries=tries, make=lambda: data, problem=problem, sources=NOTHING)


CASES = [
    _bad("empty", "a file of no bytes", b"", "empty"),
    _bad("blank", "a file of white space", b" \n\t" * 100, "empty"),
    _bad("not-json", "make the reader raise", b"%PDF-1.7 not a notebook", "Not JSON"),
    _bad("truncated", "a notebook whose upload broke off", honest()[:-40], "Not JSON"),
    _bad("html", "a login page that was saved as a notebook", b"<!DOCTYPE html><html></html>", "Not JSON"),
    _bad("binary", "random bytes", bytes(range(256)) * 50, "Not JSON"),
    _bad("zip-as-notebook", "an archive by another name", b"PK\x03\x04" + bytes(100), "zip archive"),
    _bad("null", "JSON that is null", b"null", "not an object"),
    _bad("a-list", "JSON that is a list", b"[1, 2]", "not an object"),
    _bad("a-number", "JSON that is a number", b"1e999", "not an object"),
    _bad(
        "nested-lists", "the parser's stack, by 100,000 lists in lists", b"[" * 100_000 + b"]" * 100_000, "without end"
    ),
    _bad("nested-objects", "the same by objects", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "without end"),
    _bad(
        "many-lists",
        "memory: 6 MB of empty lists, 60 bytes each",
        b"[" + b"[]," * 2_000_000 + b"[]]",
        "lists and objects",
    ),
    _bad("no-cells", "no list of cells", _without("cells"), "no list of cells"),
    _bad("cells-are-text", "a type that is not expected", _with(cells="import os"), "no list of cells"),
    _bad("cells-are-an-object", "a type that is not expected", _with(cells={"0": {}}), "no list of cells"),
    _bad("many-cells", "time and memory, by 6,000 cells", _with(cells=[{}] * 6_000), "cells"),
    Case(
        name="no-cell-at-all",
        tries="an empty list of cells",
        make=lambda: _with(cells=[]),
        flags=frozenset({"missing-cell", "edited-check", "edited-cell"}),
        sources=NOTHING,
    ),
    Case(
        name="cells-of-every-type",
        tries="things that are no cells among the cells",
        make=lambda: _with(cells=[None, 1, "x", [], True, *notebook(ANSWERS)["cells"], {}, {"cell_type": []}]),
        flags=frozenset({"malformed"}),
    ),
    Case(name="no-metadata", tries="no notebook metadata", make=lambda: _without("metadata")),
    Case(name="metadata-is-a-list", tries="a type that is not expected", make=lambda: _with(metadata=[[1]])),
    Case(
        name="metadata-lies",
        tries="be graded as a notebook that does not exist",
        make=lambda: _with(metadata={"coursekit": {"notebook": "../../etc/passwd\x1b[31m"}}),
        flags=frozenset({"format"}),
    ),
    Case(name="format-3", tries="a notebook of 2013", make=_version_3, flags=frozenset({"format"})),
    Case(
        name="format-5", tries="a notebook of the future", make=lambda: _with(nbformat=5), flags=frozenset({"format"})
    ),
    Case(name="format-4-0", tries="no cell ids", make=lambda: _with(nbformat_minor=0)),
    Case(name="format-is-text", tries="a type", make=lambda: _with(nbformat="4"), flags=frozenset({"format"})),
    Case(name="format-is-true", tries="a type", make=lambda: _with(nbformat=True), flags=frozenset({"format"})),
    Case(name="format-missing", tries="no format", make=lambda: _without("nbformat"), flags=frozenset({"format"})),
    Case(name="nan", tries="numbers that JSON does not have", make=_no_numbers),
    Case(name="long-integer", tries="an integer of 10,000 digits, which Python refuses to read", make=_integers),
    Case(
        name="duplicate-keys",
        tries="be read in one way here and in another there",
        make=_duplicate_keys,
        flags=frozenset({"duplicate-keys"}),
    ),
    Case(name="utf-8-mark", tries="a byte order mark", make=lambda: b"\xef\xbb\xbf" + honest()),
    Case(name="utf-16", tries="another encoding", make=lambda: _text().encode("utf-16"), flags=frozenset({"encoding"})),
    Case(name="utf-32", tries="another encoding", make=lambda: _text().encode("utf-32"), flags=frozenset({"encoding"})),
    Case(name="broken-utf-8", tries="bytes that are no text", make=_broken_bytes, flags=frozenset({"encoding"})),
    Case(
        name="lone-surrogate",
        tries="text that can be neither stored nor compiled",
        make=_surrogates,
        flags=frozenset({"encoding"}),
        sources=(ANSWERS["1.1"] + "  # \ufffd", ANSWERS["1.2"]),
    ),
    Case(name="long-outputs", tries="4 MB of printed output", make=_many_outputs),
]
