"""Arrays in, batches out: data sets, splits, sampling, augmentation and sources. NumPy only at import."""

from __future__ import annotations

from coursekit.data import augment
from coursekit.data.augment import (
    ColorJitter,
    Compose,
    Mixup,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
)
from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.data.framework_augment import keras_layers, torchvision_transforms
from coursekit.data.inspection import DatasetReport, inspect
from coursekit.data.leaks import LeakReport, find_duplicates, find_leaks, leak_check
from coursekit.data.loader import Loader
from coursekit.data.sampling import BalancedSampler, class_weights
from coursekit.data.sources import load
from coursekit.data.sources.folder import from_folder
from coursekit.data.sources.scenes import draw_scenes
from coursekit.data.splits import Folds, k_fold, stratified_split

__all__ = [
    "ArrayDataset",
    "BalancedSampler",
    "ColorJitter",
    "Compose",
    "DataSplits",
    "DatasetReport",
    "Folds",
    "LeakReport",
    "Loader",
    "Mixup",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomRotation",
    "augment",
    "class_weights",
    "draw_scenes",
    "find_duplicates",
    "find_leaks",
    "from_folder",
    "inspect",
    "k_fold",
    "keras_layers",
    "leak_check",
    "load",
    "stratified_split",
    "torchvision_transforms",
]
