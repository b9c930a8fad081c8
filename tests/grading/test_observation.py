"""The border: what gets in from a student's code, and what bytes are believed."""

from __future__ import annotations

import contextlib
import json
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest

from coursekit.grading.judge import judge_bytes
from coursekit.grading.observation import MAGIC, Failure, MalformedError, Observation
from coursekit.grading.values import TooLargeError, agree, plain

TOLERANCE = {"rtol": 1e-5, "atol": 1e-8}


class YesFloat(float):
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __float__(self) -> float:
        return 1.0


class YesArray(np.ndarray[Any, Any]):
    def __eq__(self, other: object) -> Any:
        return True

    __hash__ = None  # type: ignore[assignment]  # as ndarray


class Pretender:
    def __array__(self, *_: object, **__: object) -> np.ndarray[Any, Any]:
        return np.ones(3)

    def __float__(self) -> float:
        return 1.0

    @property  # type: ignore[misc]  # lies about its class
    def __class__(self) -> type:
        return float


@pytest.mark.parametrize(
    "value",
    [YesFloat(1.0), np.ones(3).view(YesArray), Pretender(), np.ma.masked_array([1.0]), 1j, {1: 2}, np.array([None])],
    ids=lambda value: type(value).__name__,
)
def test_what_is_of_another_type_is_known_by_its_type_alone(value: object) -> None:
    taken = plain(value)
    assert set(taken) == {"of type"}
    assert not agree(1.0, taken, **TOLERANCE)
    assert not agree(np.ones(3), taken, **TOLERANCE)


def test_values_are_copied() -> None:
    array = np.ones(3)
    taken = plain([array])
    array[0] = 5
    assert taken[0][0] == 1


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_equal_themselves_and_nothing_finite(number: float) -> None:
    assert agree(number, number, **TOLERANCE)
    assert not agree(1.0, number, rtol=1e9, atol=1e9)
    assert not agree(number, 1.0, rtol=1e9, atol=1e9)
    assert not agree(np.array([1.0]), np.array([number]), rtol=1e9, atol=1e9)
    assert agree(np.array([number]), np.array([number]), **TOLERANCE)


def test_kinds_do_not_mix() -> None:
    assert not agree(1, True, **TOLERANCE)
    assert not agree(1.0, "1.0", **TOLERANCE)
    assert not agree([1.0], np.array([1.0]), **TOLERANCE)
    assert not agree(np.ones((2, 3)), np.ones((3, 2)), **TOLERANCE)
    assert not agree({"a": 1}, {"a": 1, "b": 2}, **TOLERANCE)
    assert agree(1, 1.0, **TOLERANCE)


def test_what_is_too_large_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    loop: list[Any] = []
    loop.append(loop)
    for value in (np.zeros(10**6), [0] * 30_000, deep, loop):
        with pytest.raises(TooLargeError):
            plain(value)
    assert plain(10**30) == {"of type": "int beyond 64 bits"}


def test_bytes_give_back_what_went_in() -> None:
    rounds = (
        {"x": [1, 2.5, math.nan, -math.inf, None, True, "ä\ud800"], "a": np.arange(6, dtype=np.int16).reshape(2, 3)},
        {
            "a": {"a": 0, "f": "nan"},
            "empty": np.zeros((0, 3)),
            "bool": np.array([True]),
            "half": np.ones(1, np.float16),
        },
    )
    back = Observation.decode(Observation(rounds, Failure("timeout", "m", "t"), "trouble").encode())
    assert back.failure == Failure("timeout", "m", "t")
    assert back.trouble == "trouble"
    assert agree(plain(rounds[0]), back.rounds[0], rtol=0, atol=0)
    assert agree(plain(rounds[1]), back.rounds[1], rtol=0, atol=0)
    assert back.rounds[0]["a"].dtype == np.int16


def _framed(header: bytes, body: bytes = b"") -> bytes:
    return MAGIC + len(header).to_bytes(4, "little") + header + body


def _tree(**changes: Any) -> bytes:
    return json.dumps({"rounds": [], "failure": None, "trouble": "", "arrays": [], **changes}).encode()


HOSTILE = {
    "empty": b"",
    "pickle": pickle.dumps({"rounds": []}),
    "length beyond": MAGIC + b"\xff\xff\xff\xff{}",
    "not json": _framed(b"{"),
    "a list": _framed(b"[]"),
    "deep json": _framed(b"[" * 100_000),
    "nan literal": _framed(_tree().replace(b'""', b"NaN")),
    "huge integer": _framed(_tree(rounds="X").replace(b'"X"', b"9" * 50_000)),
    "object array": _framed(_tree(arrays=[["|O", [1]]]), b"\0" * 8),
    "structured array": _framed(_tree(arrays=[["f8,O", [1]]]), b"\0" * 16),
    "negative shape": _framed(_tree(arrays=[["<f8", [-1]]]), b"\0" * 8),
    "huge shape": _framed(_tree(arrays=[["<f8", [2**30, 2**30]]]), b"\0" * 8),
    "missing array": _framed(_tree(rounds=[{"d": [["x", {"a": 3}]]}])),
    "unknown tag": _framed(_tree(rounds=[{"z": 1}])),
    "round no dict": _framed(_tree(rounds=[3])),
    "unknown failure": _framed(_tree(failure=["full points", "", ""])),
    "too many rounds": _framed(_tree(rounds=[{"d": []}] * 50)),
    "left over": _framed(_tree(), b"x"),
    "key no text": _framed(_tree(rounds=[{"d": [[1, 2]]}])),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_get_no_points_and_raise_nothing(name: str) -> None:
    report = judge_bytes("13.1", HOSTILE[name], 0)
    assert report.points == 0
    assert report.status in ("not judged", "failed")


def test_random_damage_never_raises_another_error() -> None:
    good = Observation(({"a": np.arange(4.0), "b": [1.5, math.nan]},)).encode()
    rng = random.Random(0)
    for _ in range(2000):
        damaged = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        with contextlib.suppress(MalformedError):
            Observation.decode(bytes(damaged[: rng.randint(0, len(damaged))] if rng.random() < 0.3 else damaged))
