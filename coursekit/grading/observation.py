"""What was observed of a student's code, and the bytes it travels in.

The bytes come out of a process in which the student's code ran, so whoever reads them trusts nothing: a fixed
frame, JSON of bounded size, raw arrays of a few dtypes, no pickle.

    b"CKOB1\\n" | header length, 4 bytes little endian | header, JSON in UTF-8 | arrays, one after another
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np

from .values import MAX_ARRAY_BYTES, MAX_DEPTH, MAX_TEXT, Plain, TooLargeError, plain

FailureKind = Literal["exception", "stub", "missing name", "timeout", "unfit"]

MAGIC: Final = b"CKOB1\n"
MAX_HEADER: Final = 2 * 2**20
MAX_BYTES: Final = MAX_HEADER + MAX_ARRAY_BYTES + 64
_DTYPES: Final = frozenset("?bhilqBHILQefd")
_NUMBERS: Final = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class MalformedError(ValueError):
    """Bytes that are no observation."""


@dataclass(frozen=True)
class Failure:
    """Why there is nothing to compare.

    Args:
        kind: ``"exception"`` the code raised; ``"stub"`` it is not written yet; ``"missing name"`` it does not define
            what the exercise asks for; ``"timeout"`` it did not end; ``"unfit"`` it returned more than can be kept.
        message: one line for the student.
        traceback: the student's own frames, as text; may be empty.
    """

    kind: FailureKind
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Observation:
    """What a student's code did on fresh inputs.

    Args:
        rounds: one dict of plain data for each round of inputs.
        failure: why there are no rounds.
        trouble: the first exception that the code raised while it was observed, with the student's own lines.
    """

    rounds: tuple[dict[str, Plain], ...] = ()
    failure: Failure | None = None
    trouble: str = ""

    def encode(self) -> bytes:
        """Write as bytes.

        Raises:
            TooLargeError: it does not fit into ``MAX_BYTES``.
        """
        arrays: list[np.ndarray[Any, Any]] = []
        failure = self.failure and [self.failure.kind, self.failure.message, self.failure.traceback[-MAX_TEXT:]]
        tree = {
            "rounds": [_to_json(plain(one), arrays) for one in self.rounds],
            "failure": failure,
            "trouble": self.trouble[-MAX_TEXT:],
            "arrays": [[array.dtype.newbyteorder("<").str, list(array.shape)] for array in arrays],
        }
        header = json.dumps(tree, allow_nan=False, separators=(",", ":")).encode()
        body = b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
        if len(header) > MAX_HEADER or len(body) > MAX_ARRAY_BYTES:
            raise TooLargeError(f"an observation of {len(header) + len(body):,} bytes")
        return MAGIC + len(header).to_bytes(4, "little") + header + body

    @classmethod
    def decode(cls, data: bytes) -> Observation:
        """Read what ``encode`` wrote.

        Raises:
            MalformedError: anything else, also what is too large.
        """
        try:
            return _decode(data)
        except MalformedError:
            raise
        except (ValueError, TypeError, KeyError, IndexError, RecursionError, OverflowError) as error:
            raise MalformedError(f"not an observation: {type(error).__name__}") from error


def _to_json(value: Plain, arrays: list[np.ndarray[Any, Any]]) -> Any:
    # Lists and dicts are tagged, so that no text of a student can be taken for an array or a number.
    if type(value) is float and not math.isfinite(value):
        return {"f": str(value)}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"a": len(arrays) - 1}
    if isinstance(value, dict):
        return {"d": [[key, _to_json(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list):
        return [_to_json(item, arrays) for item in value]
    return value


def _decode(data: bytes) -> Observation:
    if type(data) is not bytes or len(data) > MAX_BYTES or data[: len(MAGIC)] != MAGIC:
        raise MalformedError("not an observation: wrong frame")
    start = len(MAGIC) + 4
    length = int.from_bytes(data[len(MAGIC) : start], "little")
    if length > MAX_HEADER or start + length > len(data):
        raise MalformedError("not an observation: cut short")
    tree = json.loads(data[start : start + length].decode("utf-8"), parse_constant=_refuse)
    if type(tree) is not dict or set(tree) != {"rounds", "failure", "trouble", "arrays"}:
        raise MalformedError("not an observation: wrong parts")
    arrays = _read_arrays(tree["arrays"], memoryview(data)[start + length :])
    rounds = [plain(_from_json(one, arrays, 0)) for one in _typed(tree["rounds"], list)]
    if not all(type(one) is dict for one in rounds):
        raise MalformedError("not an observation: a round that is no dict")
    failure = None
    if tree["failure"] is not None:
        kind, message, traceback = (_typed(part, str) for part in _typed(tree["failure"], list))
        if kind not in get_args(FailureKind):
            raise MalformedError("not an observation: unknown failure")
        failure = Failure(kind, message[:MAX_TEXT], traceback[:MAX_TEXT])
    return Observation(tuple(rounds), failure, _typed(tree["trouble"], str)[:MAX_TEXT])


def _refuse(text: str) -> Any:
    raise MalformedError(f"not an observation: the number {text}")


def _typed(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise MalformedError(f"not an observation: {type(value).__name__} for {kind.__name__}")
    return value


def _read_arrays(entries: Any, body: memoryview) -> list[np.ndarray[Any, Any]]:
    arrays, offset = [], 0
    for entry in _typed(entries, list):
        text, shape = _typed(entry, list)
        dtype = np.dtype(_typed(text, str))
        if dtype.char not in _DTYPES or dtype.hasobject:
            raise MalformedError(f"not an observation: an array of {dtype}")
        if len(_typed(shape, list)) > 16 or not all(type(size) is int and 0 <= size < 2**31 for size in shape):
            raise MalformedError("not an observation: wrong shape")
        count = math.prod(shape)
        end = offset + count * dtype.itemsize
        if end > len(body):
            raise MalformedError("not an observation: arrays cut short")
        array = np.frombuffer(body[offset:end], dtype=dtype).reshape(shape)
        arrays.append(array.astype(dtype.newbyteorder("=")))
        offset = end
    if offset != len(body):
        raise MalformedError("not an observation: bytes left over")
    return arrays


def _from_json(value: Any, arrays: list[np.ndarray[Any, Any]], depth: int) -> Plain:
    if depth > 2 * MAX_DEPTH:
        raise MalformedError("not an observation: too deep")
    if type(value) is list:
        return [_from_json(item, arrays, depth + 1) for item in value]
    if type(value) is not dict:
        return value
    ((tag, inner),) = value.items()
    if tag == "f":
        return _NUMBERS[_typed(inner, str)]
    if tag == "a":
        if type(inner) is not int or inner < 0:
            raise MalformedError("not an observation: array number")
        return arrays[inner]
    if tag == "d":
        return {_typed(key, str): _from_json(item, arrays, depth + 1) for key, item in _typed(inner, list)}
    raise MalformedError("not an observation: unknown tag")
