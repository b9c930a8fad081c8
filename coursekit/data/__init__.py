"""Arrays in, batches out: data sets, splits, sampling, augmentation and sources. NumPy only at import."""

from __future__ import annotations

from coursekit.data.dataset import ArrayDataset, DataSplits

__all__ = ["ArrayDataset", "DataSplits"]
