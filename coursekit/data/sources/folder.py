"""Pictures in folders, one folder per class."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coursekit.data.dataset import ArrayDataset
from coursekit.errors import ConfigurationError, DataError, DataWarning

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})


def from_folder(
    path: str | Path, size: int = 96, *, grayscale: bool = False, skip_unreadable: bool = False
) -> ArrayDataset:
    """Read a folder with one sub-folder per class.

    The shorter side of every picture is resized to ``size`` (bilinear with antialiasing, as in torchvision),
    then the centre is cut out; nothing is distorted. Orientation tags of cameras are followed. Hidden files
    and files that are no pictures by their suffix are passed over.

    Args:
        path: the folder; classes are its sub-folders in alphabetical order.
        size: height and width of the result in pixels.
        grayscale: one channel in place of three.
        skip_unreadable: leave damaged files out with a DataWarning, in place of an error.

    Returns:
        Images (N, size, size, 3 or 1) float32 in [0, 1], in the order of classes and file names.

    Raises:
        DataError: no such folder, no sub-folders, a class without pictures, a damaged file.
    """
    # Pillow is optional for whoever never reads a file.
    from PIL import Image, ImageOps

    folder = Path(path)
    if size < 1:
        raise ConfigurationError(f"size={size}", expected="a positive number of pixels", mend="size=96")
    classes = _classes(folder)
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    unreadable: list[Path] = []
    for label, name in enumerate(classes):
        before = len(images)
        for file in _pictures(folder / name):
            try:
                with Image.open(file) as opened:
                    upright = ImageOps.exif_transpose(opened).convert("L" if grayscale else "RGB")
                images.append(_cropped(upright, size))
            # Pillow reports damaged files by all of these, depending on the format.
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                if not skip_unreadable:
                    raise DataError(
                        f"{file} cannot be read as a picture ({error})",
                        expected="whole image files",
                        mend="replace or delete the file, or pass skip_unreadable=True",
                    ) from error
                unreadable.append(file)
            else:
                labels.append(label)
        if len(images) == before:
            raise DataError(
                f"no readable picture in {folder / name}",
                expected=f"files ending in {', '.join(sorted(SUFFIXES))}",
                mend="remove the empty folder, or look one level deeper",
            )
    if unreadable:
        listed = ", ".join(str(file) for file in unreadable[:5])
        warnings.warn(f"{len(unreadable)} unreadable files left out: {listed}", DataWarning, stacklevel=2)
    stacked = np.stack(images).astype(np.float32)
    stacked /= np.float32(255)
    return ArrayDataset(stacked, np.asarray(labels, dtype=np.int64), classes, folder.resolve().name)


def _classes(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        raise DataError(f"no folder {folder}", expected="a folder of folders", mend="check the path")
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise DataError(
            f"{folder} has no sub-folders",
            expected="one sub-folder per class: cats/001.jpg, dogs/001.jpg",
            mend="move the pictures of every class into a folder of its name",
        )
    return tuple(names)


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )


def _cropped(picture: object, size: int) -> NDArray[np.uint8]:
    from PIL import Image

    if not isinstance(picture, Image.Image):
        raise TypeError(type(picture))
    width, height = picture.size
    short = min(width, height)
    # Truncated and rounded as torchvision does it, so that both cut out the same pixels.
    width, height = size * width // short, size * height // short
    left, top = round((width - size) / 2), round((height - size) / 2)
    resized = picture.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized.crop((left, top, left + size, top + size)), dtype=np.uint8)
    return pixels if pixels.ndim == 3 else pixels[..., np.newaxis]
