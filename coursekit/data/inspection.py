"""What to know about a data set before training on it: counts, statistics, duplicates, suspicions."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from coursekit.data.dataset import ArrayDataset
from coursekit.data.leaks import find_duplicates

_CHUNK = 64
_BAR = 24


@dataclass(frozen=True, eq=False)
class DatasetReport:
    """The result of ``inspect``; print it, or show it in a notebook.

    Attributes:
        name: of the data set.
        size: number of images.
        input_shape: height, width, channels.
        class_names: empty for regression.
        class_counts: (num_classes,) int64, images per class.
        imbalance_ratio: largest class count over the smallest that is not zero; 1 for regression.
        channel_mean: (C,) float64 over all pixels of all images.
        channel_std: (C,) float64, population standard deviation (divisor N).
        value_range: smallest and largest pixel value.
        duplicates: (K, 2) int64, earlier and later index of identical images.
        label_conflicts: (L, 2) int64, those duplicates whose labels differ.
        constant_images: indices of images whose pixels are all equal in every channel.
        findings: what looks wrong and what to do, one sentence each.
    """

    name: str
    size: int
    input_shape: tuple[int, int, int]
    class_names: tuple[str, ...]
    class_counts: NDArray[np.int64]
    imbalance_ratio: float
    channel_mean: NDArray[np.float64]
    channel_std: NDArray[np.float64]
    value_range: tuple[float, float]
    duplicates: NDArray[np.int64]
    label_conflicts: NDArray[np.int64]
    constant_images: NDArray[np.int64]
    findings: tuple[str, ...]

    def _facts(self) -> list[tuple[str, str]]:
        height, width, channels = self.input_shape
        facts = [
            ("images", f"{self.size:,} of {height}x{width}x{channels}"),
            ("value range", f"{self.value_range[0]:.4g} to {self.value_range[1]:.4g}"),
            ("channel mean", ", ".join(f"{v:.4f}" for v in self.channel_mean)),
            ("channel std", ", ".join(f"{v:.4f}" for v in self.channel_std)),
            ("duplicates", f"{len(self.duplicates)} ({len(self.label_conflicts)} with another label)"),
        ]
        if self.class_names:
            facts.append(("imbalance ratio", f"{self.imbalance_ratio:.3g}"))
        return facts

    def __str__(self) -> str:
        """Table of facts, classes with bars, findings."""
        lines = [self.name or "data set", *(f"  {key:<16}{value}" for key, value in self._facts())]
        width = max((len(name) for name in self.class_names), default=0)
        top = max(int(self.class_counts.max(initial=0)), 1)
        for name, count in zip(self.class_names, self.class_counts, strict=True):
            bar = "#" * max(round(_BAR * int(count) / top), int(count > 0))
            lines.append(f"  {name:<{width}}  {count:>7,}  {count / self.size:>6.1%}  {bar}")
        lines += [f"  ! {finding}" for finding in self.findings]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Two small tables with headers and a caption, readable without colour or style sheet."""
        facts = "".join(f'<tr><th scope="row">{k}</th><td>{escape(v)}</td></tr>' for k, v in self._facts())
        title = escape(self.name or "data set")
        parts = [f"<table><caption>{title}</caption><tbody>{facts}</tbody></table>"]
        if self.class_names:
            head = "".join(f'<th scope="col">{title}</th>' for title in ("class", "images", "share"))
            rows = "".join(
                f'<tr><th scope="row">{escape(name)}</th><td>{count:,}</td><td>{count / self.size:.1%}</td></tr>'
                for name, count in zip(self.class_names, self.class_counts, strict=True)
            )
            body = f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
            parts.append(f"<table><caption>Images per class</caption>{body}</table>")
        if self.findings:
            items = "".join(f"<li>{escape(finding)}</li>" for finding in self.findings)
            parts.append(f"<p>To look at:</p><ul>{items}</ul>")
        return "".join(parts)


def inspect(dataset: ArrayDataset) -> DatasetReport:
    """Measure a data set: class counts, channel statistics, value range, duplicates.

    Take mean and standard deviation for normalisation from the training set only: statistics of the
    validation set are a (small) leak.
    """
    images = dataset.images
    mean, std = _channel_statistics(images)
    low, high = float(images.min()), float(images.max())
    duplicates = find_duplicates(dataset)
    labels = dataset.labels.reshape(len(dataset), -1)
    differ = (labels[duplicates[:, 0]] != labels[duplicates[:, 1]]).any(axis=1)
    counts = dataset.class_counts() if dataset.is_classification else np.zeros(0, dtype=np.int64)
    present = counts[counts > 0]
    ratio = float(present.max() / present.min()) if len(present) else 1.0
    constant = _constant(images)
    empty = [name for name, count in zip(dataset.class_names, counts, strict=True) if count == 0]
    return DatasetReport(
        name=dataset.name,
        size=len(dataset),
        input_shape=dataset.input_shape,
        class_names=dataset.class_names,
        class_counts=counts,
        imbalance_ratio=ratio,
        channel_mean=mean,
        channel_std=std,
        value_range=(low, high),
        duplicates=duplicates,
        label_conflicts=duplicates[differ],
        constant_images=constant,
        findings=_findings(high, ratio, len(duplicates), int(differ.sum()), len(constant), empty),
    )


def _channel_statistics(images: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    channels = images.shape[-1]
    # Sums about a rough centre: the plain sum of squares loses its digits when the mean is large.
    centre = images[:_CHUNK].reshape(-1, channels).mean(axis=0, dtype=np.float64)
    shift = np.tile(centre, images[0].size // channels)
    total, squares = np.zeros(channels), np.zeros(channels)
    for start in range(0, len(images), _CHUNK):
        # Over the images first: a sum along the long axis is several times faster than one per channel.
        block = images[start : start + _CHUNK].reshape(-1, images[0].size) - shift
        total += block.sum(axis=0).reshape(-1, channels).sum(axis=0)
        np.multiply(block, block, out=block)
        squares += block.sum(axis=0).reshape(-1, channels).sum(axis=0)
    n = images.size / channels
    return centre + total / n, np.sqrt(np.maximum(squares / n - (total / n) ** 2, 0))


def _constant(images: NDArray[np.float32]) -> NDArray[np.int64]:
    # Almost all images are out after a look at three pixels.
    first = images[:, 0, 0]
    alike = (first == images[:, -1, -1]) & (first == images[:, images.shape[1] // 2, images.shape[2] // 2])
    candidates = np.flatnonzero(alike.all(axis=1))
    flat = [bool((images[i] == first[i]).all()) for i in candidates]
    return candidates[np.asarray(flat, dtype=np.bool_)].astype(np.int64)


def _findings(
    high: float, ratio: float, duplicates: int, conflicts: int, constant: int, empty: list[str]
) -> tuple[str, ...]:
    found = []
    if high > 20:
        found.append(f"Values up to {high:g}: divide by 255, or standardise.")
    if empty:
        found.append(f"Classes without images: {', '.join(empty)}.")
    if ratio >= 3:
        found.append(
            f"The largest class is {ratio:.3g} times the smallest: look at recall per class, "
            "and use class_weights or BalancedSampler (one of them)."
        )
    if duplicates:
        found.append(f"{duplicates} images equal an earlier one: keep one of each before splitting.")
    if conflicts:
        found.append(f"{conflicts} of these copies have another label: at least one of each pair is wrong.")
    if constant:
        found.append(f"{constant} images are one flat colour: probably damaged files.")
    return tuple(found)
