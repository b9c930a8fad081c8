"""Arrays in, batches out: data sets, splits, sampling, augmentation and sources. NumPy only at import."""

from __future__ import annotations

from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.data.inspection import DatasetReport, inspect
from coursekit.data.leaks import LeakReport, find_duplicates, find_leaks, leak_check
from coursekit.data.loader import Loader
from coursekit.data.sampling import BalancedSampler, class_weights
from coursekit.data.sources import load
from coursekit.data.sources.folder import from_folder
from coursekit.data.splits import Folds, k_fold, stratified_split

__all__ = [
    "ArrayDataset",
    "BalancedSampler",
    "DataSplits",
    "DatasetReport",
    "Folds",
    "LeakReport",
    "Loader",
    "class_weights",
    "find_duplicates",
    "find_leaks",
    "from_folder",
    "inspect",
    "k_fold",
    "leak_check",
    "load",
    "stratified_split",
]
