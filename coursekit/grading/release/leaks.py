"""Looking for answers where none may be: in every text of a released notebook, its metadata included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

# Without spaces. A long line of a solution is no chance; short ones are, unless there are several.
LONG: Final = 20
SHORT: Final = 8
SEVERAL: Final = 3


def texts(value: Any) -> Iterator[str]:
    """Every text in plain data, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def leaked_lines(value: Any, solutions: Iterable[str], public: Iterable[str]) -> list[str]:
    """Lines of solutions that can be read in plain data.

    Args:
        value: a released notebook.
        solutions: source code that must not be in it.
        public: starters and statements: what they say themselves is no secret.

    Returns:
        The lines, each once: those that have ``LONG`` characters or more, and shorter ones of which ``SEVERAL`` of one
        solution stand in one text.
    """
    known = "\n".join(_squeezed(text) for text in public)
    secrets = [[line for line in _lines(source) if line[1] not in known] for source in solutions]
    found: dict[str, None] = {}
    for text in map(_squeezed, texts(value)):
        for secret in secrets:
            read = [line for line, squeezed in secret if squeezed in text]
            if len(read) < SEVERAL:
                read = [line for line in read if len(_squeezed(line)) >= LONG]
            found |= dict.fromkeys(read)
    return list(found)


def holds_whole(value: Any, solution: str) -> bool:
    """Whether one text of plain data holds every line of a solution."""
    wanted = [squeezed for _, squeezed in _lines(solution)]
    return bool(wanted) and any(all(line in text for line in wanted) for text in map(_squeezed, texts(value)))


def _lines(source: str) -> list[tuple[str, str]]:
    lines = ((line.strip(), _squeezed(line)) for line in source.splitlines())
    skipped = ("#", "import ", "from ")  # comments and imports answer nothing
    return [(line, squeezed) for line, squeezed in lines if len(squeezed) >= SHORT and not line.startswith(skipped)]


def _squeezed(text: str) -> str:
    return "".join(text.split())
