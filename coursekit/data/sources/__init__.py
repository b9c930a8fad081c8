"""Where data sets come from: one module per source, one table of names, one function to load by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType

from coursekit.data.dataset import DataSplits
from coursekit.data.sources.digits import digits
from coursekit.data.sources.scenes import scenes
from coursekit.data.sources.torchvision_sets import cifar10, fashion_mnist
from coursekit.errors import unknown_name

SOURCES: Mapping[str, Callable[..., DataSplits]] = MappingProxyType(
    {"digits": digits, "scenes": scenes, "cifar10": cifar10, "fashion_mnist": fashion_mnist}
)


def load(name: str, **options: object) -> DataSplits:
    """Load a data set by name.

    Args:
        name: one of ``SOURCES``. "digits" and "scenes" are embedded and need no network; "cifar10" and
            "fashion_mnist" read files under ``root``.
        **options: the arguments of the source of that name, for example ``seed``, ``root`` or ``classes``.

    Returns:
        Train, validation and test set: images (N, H, W, C) float32 in [0, 1], labels (N,) int64.

    Raises:
        ConfigurationError: an unknown name or option, with the nearest known ones.
        DataError: files that are not there or cannot be read.
    """
    source = SOURCES.get(str(name).lower().replace("-", "_"))
    if source is None:
        raise unknown_name("data set", name, SOURCES)
    known = inspect.signature(source).parameters
    for option in options:
        if option not in known:
            raise unknown_name(f"option of {name!r}", option, known)
    return source(**options)
