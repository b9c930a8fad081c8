"""Sources that read files: small ones of our own making, whole, damaged and missing."""

from __future__ import annotations

import gzip
import io
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coursekit.data import from_folder, leak_check, load
from coursekit.data.sources.torchvision_sets import read_idx
from coursekit.errors import ConfigurationError, DataError, DataWarning

RNG = np.random.default_rng(0)


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    splits = load("digits", seed=2)
    assert [len(part) for part in splits] == [1258, 270, 269]
    assert splits.input_shape == (8, 8, 1)
    assert not leak_check(splits)
    bunch = load_digits()
    known = {image.astype(np.float32).tobytes(): label for image, label in zip(bunch.images, bunch.target, strict=True)}
    for part in splits:
        assert all(known[(image * 16).tobytes()] == label for image, label in part)


def test_unknown_names_and_options_get_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="'digits'"):
        load("digit")
    with pytest.raises(ConfigurationError, match="'seed'"):
        load("digits", sead=1)


def test_importing_loads_numpy_alone() -> None:
    heavy = "torch torchvision tensorflow keras sklearn scipy PIL skimage matplotlib pandas tqdm"
    code = f"import sys, coursekit.data; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


@pytest.fixture
def fashion(tmp_path: Path) -> Path:
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix, n in (("train", 60), ("t10k", 20)):
        write_idx(raw / f"{prefix}-images-idx3-ubyte.gz", RNG.integers(0, 256, (n, 28, 28), dtype=np.uint8))
        write_idx(raw / f"{prefix}-labels-idx1-ubyte.gz", (np.arange(n) % 10).astype(np.uint8))
    return tmp_path


def test_fashion_mnist_from_idx_files(fashion: Path) -> None:
    splits = load("fashion_mnist", root=fashion, validation=20)
    assert [len(part) for part in splits] == [40, 20, 20]
    assert splits.validation.class_counts().tolist() == [2] * 10
    assert splits.class_names[9] == "Ankle boot"
    pixels = read_idx(fashion / "FashionMNIST" / "raw" / "t10k-images-idx3-ubyte.gz")
    np.testing.assert_array_equal(splits.test.images[..., 0], pixels.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(splits.test.labels, np.arange(20) % 10)


def test_fashion_mnist_reads_what_torchvision_reads(fashion: Path) -> None:
    from torchvision.datasets import FashionMNIST
    from torchvision.datasets.mnist import read_image_file

    raw = fashion / "FashionMNIST" / "raw"
    packed = raw / "t10k-images-idx3-ubyte.gz"
    (raw / "t10k-images-idx3-ubyte").write_bytes(gzip.decompress(packed.read_bytes()))
    np.testing.assert_array_equal(read_idx(packed), read_image_file(str(raw / "t10k-images-idx3-ubyte")).numpy())
    assert FashionMNIST.classes == list(load("fashion_mnist", root=fashion, validation=10).class_names)


@pytest.mark.parametrize("damage", ["cut", "not gzip", "other type", "short"])
def test_damaged_idx_files_are_named(fashion: Path, damage: str) -> None:
    path = fashion / "FashionMNIST" / "raw" / "train-labels-idx1-ubyte.gz"
    whole = gzip.decompress(path.read_bytes())
    broken = {
        "cut": path.read_bytes()[:-12],
        "not gzip": b"<html>",
        "other type": gzip.compress(b"\0\0\x0d\x01" + whole[4:]),
        "short": gzip.compress(whole[:-3]),
    }
    path.write_bytes(broken[damage])
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz"):
        load("fashion_mnist", root=fashion)


def test_a_validation_set_that_cannot_be_cut(fashion: Path) -> None:
    for validation in (0, 60):
        with pytest.raises(ConfigurationError, match=f"validation={validation}"):
            load("fashion_mnist", root=fashion, validation=validation)


def write_jpegs(path: Path, n: int = 30) -> dict[str, np.ndarray]:
    content: dict[str, np.ndarray] = {"class_names": np.array([f"c{i}" for i in range(10)])}
    for part in ("train", "test"):
        files = []
        for i in range(n):
            stream = io.BytesIO()
            Image.fromarray(np.full((32, 32, 3), 8 * i, np.uint8)).save(stream, "JPEG", quality=95)
            files.append(stream.getvalue())
        content[f"{part}_jpeg"] = np.frombuffer(b"".join(files), np.uint8)
        content[f"{part}_offsets"] = np.cumsum([0, *map(len, files)])
        content[f"{part}_labels"] = (np.arange(n) % 10).astype(np.uint8)
    np.savez(path, **content)
    return content


def test_cifar10_from_the_jpeg_archive(tmp_path: Path) -> None:
    write_jpegs(tmp_path / "cifar10_jpeg.npz")
    splits = load("cifar10", root=tmp_path, validation=10, progress=False)
    assert [len(part) for part in splits] == [20, 10, 30]
    assert splits.class_names == tuple(f"c{i}" for i in range(10))
    np.testing.assert_allclose(splits.test.images[:, 16, 16, 0], np.arange(30) * 8 / 255, atol=2 / 255)
    for part in splits:
        np.testing.assert_array_equal(np.rint(part.images[:, 0, 0, 0] * 255 / 8).astype(int) % 10, part.labels)


@pytest.mark.parametrize("damage", ["cut", "no jpeg", "missing key"])
def test_damaged_archives_are_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "cifar10_jpeg.npz"
    content = write_jpegs(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "no jpeg":
        np.savez(path, **{**content, "train_jpeg": np.zeros_like(content["train_jpeg"])})
    else:
        np.savez(path, **{k: v for k, v in content.items() if k != "test_labels"})
    with pytest.raises(DataError, match=r"cifar10_jpeg\.npz"):
        load("cifar10", root=tmp_path, validation=10, progress=False)


def test_cifar10_in_torchvisions_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10

    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    for name, _ in [*CIFAR10.train_list, *CIFAR10.test_list]:
        rows = RNG.integers(0, 256, (20, 3072), dtype=np.uint8)
        (folder / name).write_bytes(pickle.dumps({"data": rows, "labels": [i % 10 for i in range(20)]}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}))
    # The files are of our own making, so that torchvision's checksums cannot fit them.
    monkeypatch.setattr(CIFAR10, "_check_integrity", lambda _: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    splits = load("cifar10", root=tmp_path, validation=20)
    assert [len(part) for part in splits] == [80, 20, 20]
    np.testing.assert_array_equal(
        splits.test.images, CIFAR10(str(tmp_path), train=False).data.astype(np.float32) / np.float32(255)
    )


@pytest.mark.parametrize("name", ["cifar10", "fashion_mnist"])
def test_missing_files_name_the_embedded_sets(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="load\\('scenes'\\)"):
        load(name, root=tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for label, name in enumerate(("b_dogs", "a_cats")):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (40 + 20 * i, 60), (100 * label, 50 * i, 7)).save(tmp_path / name / f"{i}.png")
    (tmp_path / "a_cats" / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def test_folders_become_classes_in_alphabetical_order(folder: Path) -> None:
    data = from_folder(folder, size=16)
    assert data.class_names == ("a_cats", "b_dogs")
    assert data.images.shape == (6, 16, 16, 3)
    assert data.labels.tolist() == [0, 0, 0, 1, 1, 1]
    expected = [[100, 0, 7], [100, 50, 7], [100, 100, 7], [0, 0, 7], [0, 50, 7], [0, 100, 7]]
    np.testing.assert_allclose(data.images[:, 8, 8], np.array(expected) / 255, atol=1e-6)
    assert from_folder(folder, size=16, grayscale=True).input_shape == (16, 16, 1)


def test_resize_and_centre_crop_are_torchvisions(tmp_path: Path) -> None:
    from torchvision.transforms.v2 import CenterCrop, Compose, Resize

    (tmp_path / "x").mkdir()
    for i, size in enumerate([(50, 31), (24, 64), (20, 20), (33, 97)]):
        Image.fromarray(RNG.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(tmp_path / "x" / f"{i}.png")
    ours = from_folder(tmp_path, size=24).images
    for i, image in enumerate(ours):
        with Image.open(tmp_path / "x" / f"{i}.png") as picture:
            expected = np.asarray(Compose([Resize(24), CenterCrop(24)])(picture), np.float32) / 255
        np.testing.assert_allclose(image, expected, atol=1e-6)


def test_unreadable_files_are_named_or_skipped(folder: Path) -> None:
    broken = folder / "b_dogs" / "1.png"
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(DataError, match=r"b_dogs/1\.png"):
        from_folder(folder)
    with pytest.warns(DataWarning, match=r"b_dogs/1\.png"):
        data = from_folder(folder, size=8, skip_unreadable=True)
    assert data.labels.tolist() == [0, 0, 0, 1, 1]


def test_folders_without_pictures(folder: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        from_folder(folder / "nowhere")
    with pytest.raises(DataError, match="no sub-folders"):
        from_folder(folder / "a_cats")
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match="empty"):
        from_folder(folder)
