"""Arrays in, batches out: data sets, splits, sampling, augmentation and sources. NumPy only at import."""

from __future__ import annotations

from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.data.sources import load
from coursekit.data.splits import k_fold, stratified_split

__all__ = ["ArrayDataset", "DataSplits", "k_fold", "load", "stratified_split"]
