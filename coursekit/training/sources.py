"""Where batches come from: an ArrayDataset through a Loader, or whatever else the user can iterate over again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from coursekit.backends.base import Block
from coursekit.data.loader import Loader
from coursekit.errors import DataError

BlockSize = Callable[[], int]
Check = Callable[[Any, Any], None]


class Source(Protocol):
    """Batches, epoch after epoch."""

    batches_per_epoch: int | None

    def blocks(self, epoch: int, start: int, size: BlockSize) -> Iterator[Block]:
        """Go through an epoch from batch ``start`` on; ``size()`` says how many batches the next block may have."""
        ...


class ArraySource:
    """Blocks of a Loader: any batch of any epoch can be asked for."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.batches_per_epoch: int | None = len(loader)

    def blocks(self, epoch: int, start: int, size: BlockSize) -> Iterator[Block]:
        """Go through an epoch from batch ``start`` on."""
        while start < len(self.loader):
            count = min(size(), len(self.loader) - start)
            yield Block(first=start, count=count, epoch=epoch, loader=self.loader)
            start += count


class StreamSource:
    """Blocks of what the user iterates over; it keeps its own order and its own batch size.

    Args:
        data: something that can be iterated over again and again and gives (images, targets).
        accumulate: batches per optimizer step, which must come together.
        check: looks at the first batch before it is used.

    Raises:
        DataError: a generator or iterator, which would be empty from the second epoch on.
    """

    def __init__(self, data: Any, accumulate: int = 1, check: Check | None = None) -> None:
        if not hasattr(data, "__iter__"):
            raise DataError(
                f"data of type {type(data).__name__}",
                expected="an ArrayDataset, a torch DataLoader, a tf.data.Dataset or a re-iterable of (images, labels)",
                mend="coursekit.data.ArrayDataset(images, labels) holds arrays",
            )
        if hasattr(data, "__next__"):
            raise DataError(
                f"a {type(data).__name__} that can be gone through only once",
                expected="data that every epoch can go through again",
                mend="give a list, a DataLoader, or an object whose __iter__ starts anew",
            )
        self.data, self.accumulate, self._check = data, accumulate, check
        self.batches_per_epoch: int | None
        try:
            self.batches_per_epoch = len(data)
        except TypeError:
            self.batches_per_epoch = None

    def blocks(self, epoch: int, start: int, size: BlockSize) -> Iterator[Block]:
        """Go through an epoch; ``start`` batches are drawn and passed over."""
        del size  # one step at a time: what is not in memory is not gathered ahead
        group: list[tuple[Any, Any]] = []
        number = 0
        for item in self.data:
            if number >= start:
                images, targets = _pair(item)
                if self._check is not None:
                    self._check(images, targets)
                    self._check = None
                group.append((images, targets))
            number += 1
            if len(group) == self.accumulate:
                yield Block(first=number - len(group), count=len(group), epoch=epoch, native=tuple(group))
                group = []
        if group:
            yield Block(first=number - len(group), count=len(group), epoch=epoch, native=tuple(group))
        if number == 0:
            raise DataError(
                f"a {type(self.data).__name__} that gave no batch in epoch {epoch + 1}",
                expected="at least one batch in every epoch",
                mend="an iterator that is used up stays empty: give data that can be gone through again",
            )


def _pair(item: Any) -> tuple[Any, Any]:
    if isinstance(item, tuple | list) and len(item) == 2:
        return item[0], item[1]
    raise DataError(
        f"a batch of type {type(item).__name__}"
        + (f" with {len(item)} parts" if isinstance(item, tuple | list) else ""),
        expected="pairs (images, labels)",
        mend="map the data set to such pairs",
    )
