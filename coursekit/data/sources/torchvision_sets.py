"""CIFAR-10 and Fashion-MNIST: torchvision's folder layouts, and a JPEG archive of CIFAR-10."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coursekit import _frameworks
from coursekit.data.dataset import ArrayDataset, DataSplits
from coursekit.data.splits import stratified_indices
from coursekit.errors import ConfigurationError, DataError

_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_IDX = {"train": "train", "test": "t10k"}
Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


def cifar10(
    *,
    root: str | Path,
    validation: int = 5000,
    download: bool = False,
    seed: int = 0,
    progress: bool = True,
) -> DataSplits:
    """Load CIFAR-10 (Krizhevsky 2009): 50,000 and 10,000 colour photos of 32x32 pixels in ten classes.

    Args:
        root: a folder with ``cifar10_jpeg.npz`` (``{train,test}_jpeg`` uint8 bytes of all images one after
            another, ``_offsets`` (N + 1,), ``_labels`` (N,), ``class_names``), or torchvision's root folder.
        validation: images taken, stratified, out of the training set.
        download: let torchvision fetch the files into ``root``.
        seed: of the validation draw.
        progress: show a bar while JPEGs are decoded.

    Returns:
        Splits of images (32, 32, 3) float32 in [0, 1].

    Raises:
        DataError: no such files, or damaged ones.
        MissingExtraError: torchvision is needed and not installed.
    """
    archive = Path(root) / "cifar10_jpeg.npz"
    if archive.is_file():
        train, test, names = _read_jpeg_archive(archive, progress)
        return _carve(train, test, names, "cifar10", validation, seed)
    train, test = (_from_torchvision("CIFAR10", Path(root), download, part) for part in ("train", "test"))
    return _carve(train, test, _CIFAR10, "cifar10", validation, seed)


def fashion_mnist(*, root: str | Path, validation: int = 6000, download: bool = False, seed: int = 0) -> DataSplits:
    """Load Fashion-MNIST (Xiao, Rasul, Vollgraf 2017): 70,000 grey images of clothes, 28x28.

    Args:
        root: a folder with ``FashionMNIST/raw/*.gz``, as torchvision leaves it; read without torch.
        validation: images taken, stratified, out of the training set.
        download: let torchvision fetch the files into ``root``.
        seed: of the validation draw.

    Returns:
        Splits of images (28, 28, 1) float32 in [0, 1].

    Raises:
        DataError: no such files, or damaged ones.
        MissingExtraError: torchvision is needed and not installed.
    """
    raw = Path(root) / "FashionMNIST" / "raw"
    if all((raw / f"{prefix}-images-idx3-ubyte.gz").is_file() for prefix in _IDX.values()):
        train, test = (_read_idx_pair(raw, prefix) for prefix in _IDX.values())
    else:
        train, test = (_from_torchvision("FashionMNIST", Path(root), download, part) for part in ("train", "test"))
    return _carve(train, test, _FASHION, "fashion_mnist", validation, seed)


def _carve(train: Part, test: Part, names: tuple[str, ...], name: str, validation: int, seed: int) -> DataSplits:
    total = len(train[0])
    if not 0 < validation < total:
        raise ConfigurationError(
            f"validation={validation} of {total} training images",
            expected="a number of images between 1 and all but one",
            mend=f"validation={total // 10}",
        )
    # The split only asks for labels; a data set of one pixel per image spares it the pictures.
    stub = ArrayDataset(np.zeros((total, 1, 1, 1), dtype=np.float32), train[1], names)
    share = validation / total
    kept, held_out = stratified_indices(stub, (1 - share, share), seed)

    def build(part: Part, chosen: NDArray[np.intp] | slice) -> ArrayDataset:
        # Scaled in place: the float32 copy of the training images is 600 MB, a second one would be too many.
        images = part[0][chosen].astype(np.float32)
        images /= np.float32(255)
        return ArrayDataset(images, part[1][chosen], names, name)

    return DataSplits(build(train, kept), build(train, held_out), build(test, slice(None)), name)


def _read_jpeg_archive(path: Path, progress: bool) -> tuple[Part, Part, tuple[str, ...]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = tuple(str(name) for name in archive["class_names"])
            parts = [
                (
                    _decode(archive[f"{part}_jpeg"], archive[f"{part}_offsets"], part, path, progress),
                    archive[f"{part}_labels"].astype(np.int64),
                )
                for part in ("train", "test")
            ]
    except (KeyError, OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path} cannot be read ({error})",
            expected="an archive with {train,test}_jpeg, _offsets, _labels and class_names",
            mend="fetch the file again",
        ) from error
    return parts[0], parts[1], names


def _decode(
    data: NDArray[np.uint8], offsets: NDArray[np.integer], part: str, path: Path, progress: bool
) -> NDArray[np.uint8]:
    from PIL import Image
    from tqdm.auto import tqdm

    content, bounds = data.tobytes(), offsets.tolist()
    images: NDArray[np.uint8] | None = None
    bar = tqdm(range(len(bounds) - 1), desc=f"decoding {part}", unit="image", disable=not progress, leave=False)
    for i in bar:
        try:
            # Naming the format spares Pillow trying all others, half the time for images this small.
            with Image.open(io.BytesIO(content[bounds[i] : bounds[i + 1]]), formats=("JPEG",)) as picture:
                pixels = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
        except OSError as error:
            raise DataError(
                f"{part} image {i} in {path} is no readable JPEG",
                expected="whole images",
                mend="fetch it again",
            ) from error
        if images is None:
            images = np.empty((len(bounds) - 1, *pixels.shape), dtype=np.uint8)
        images[i] = pixels
    if images is None:
        raise DataError(f"no {part} images in {path}", expected="at least one", mend="fetch the file again")
    return images


def _read_idx_pair(raw: Path, prefix: str) -> Part:
    images = read_idx(raw / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(raw / f"{prefix}-labels-idx1-ubyte.gz")
    return images[..., np.newaxis], labels.astype(np.int64)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped (LeCun, Cortes, Burges: the MNIST file format).

    Raises:
        DataError: not there, not gzipped, not IDX, or shorter than its header says.
    """
    try:
        content = gzip.decompress(path.read_bytes())
        zero, kind, axes = struct.unpack_from(">HBB", content)
        shape = struct.unpack_from(f">{axes}I", content, 4)
        if zero != 0 or kind != 8:
            raise ValueError(f"header {content[:4].hex()}")
        return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * axes).reshape(shape)
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read ({error})",
            expected="a gzipped IDX file of unsigned bytes",
            mend="fetch the file again: it is missing or damaged",
        ) from error


def _from_torchvision(kind: str, root: Path, download: bool, part: str) -> Part:
    datasets = _frameworks.require("torchvision.datasets")
    reader: Callable[..., Any] = getattr(datasets, kind)
    try:
        whole = reader(str(root), train=part == "train", download=download)
    except (RuntimeError, OSError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(
            f"{kind} is not under {root} ({reason})",
            expected="a network" if download else "its files, or download=True",
            mend="without a network use an embedded set: load('scenes') or load('digits')",
        ) from error
    images = np.asarray(whole.data)
    return images if images.ndim == 4 else images[..., np.newaxis], np.asarray(whole.targets, dtype=np.int64)
