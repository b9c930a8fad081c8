"""Augmentations: the arithmetic against torchvision, the randomness by its statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from coursekit.data import _transforms, augment
from coursekit.errors import ConfigurationError, DataError

N = 12
LABELS = np.arange(N) % 3


@pytest.fixture(scope="module")
def functional() -> Any:
    from torchvision.transforms.v2 import functional

    return functional


def batch(shape: tuple[int, int, int] = (9, 12, 3), n: int = N) -> np.ndarray:
    return np.random.default_rng(0).random((n, *shape), dtype=np.float32)


def one_by_one(change: Callable[..., Any], images: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    import torch

    done = [
        change(torch.from_numpy(image.transpose(2, 0, 1).copy()), *row)
        for image, *row in zip(images, *columns, strict=True)
    ]
    return np.stack([tensor.numpy().transpose(1, 2, 0) for tensor in done])


@pytest.mark.parametrize("shape", [(9, 12, 3), (8, 8, 1), (7, 5, 3)])
def test_rotation_is_torchvisions(functional: Any, shape: tuple[int, int, int]) -> None:
    images, angles = batch(shape), np.linspace(-180, 170, N).astype(np.float32)
    bilinear = functional.InterpolationMode.BILINEAR
    expected = one_by_one(lambda image, a: functional.rotate(image, float(a), interpolation=bilinear), images, angles)
    np.testing.assert_allclose(_transforms.rotate(images, angles), expected, atol=2e-4)


def test_rotation_by_right_angles_is_exact_and_fills() -> None:
    images = batch((8, 8, 2))
    turned = _transforms.rotate(images, np.full(N, 90, np.float32))
    np.testing.assert_allclose(turned, np.rot90(images, axes=(1, 2)), atol=1e-5)
    masks = np.arange(N * 64).reshape(N, 8, 8)
    np.testing.assert_array_equal(
        _transforms.rotate_masks(masks, np.full(N, -90, np.float32)), np.rot90(masks, -1, (1, 2))
    )
    corner = _transforms.rotate(images, np.full(N, 45, np.float32), fill=7.0)[:, 0, 0]
    np.testing.assert_array_equal(corner, 7)


@pytest.mark.parametrize("name", ["adjust_brightness", "adjust_contrast", "adjust_saturation"])
@pytest.mark.parametrize("channels", [1, 3])
def test_colours_are_torchvisions(functional: Any, name: str, channels: int) -> None:
    images, factors = batch((6, 7, channels)), np.linspace(0, 2, N).astype(np.float32)
    change = getattr(functional, name)
    expected = one_by_one(lambda image, f: change(image, float(f)), images, factors)
    np.testing.assert_allclose(getattr(_transforms, name)(images, factors), expected, atol=1e-5)


def test_flip_and_crop_are_torchvisions(functional: Any) -> None:
    images = batch()
    chosen = np.arange(N) % 2 == 0
    expected = np.where(chosen[:, None, None, None], one_by_one(functional.horizontal_flip, images), images)
    np.testing.assert_array_equal(_transforms.flip(images, chosen), expected)
    top, left = np.arange(N) % 5, np.arange(N) % 4

    def change(image: Any, t: int, s: int) -> Any:
        return functional.crop(functional.pad(image, [2]), int(t), int(s), 9, 13)

    expected = one_by_one(change, images, top, left)
    np.testing.assert_array_equal(_transforms.crop(images, top, left, (9, 13), padding=2), expected)


EVERY = [
    augment.RandomCrop((9, 12), padding=2),
    augment.RandomHorizontalFlip(),
    augment.RandomRotation(20),
    augment.ColorJitter(0.4, 0.4, 0.4),
    augment.Mixup(0.4, num_classes=3),
    augment.Compose(augment.RandomCrop(8, padding=1), augment.RandomHorizontalFlip()),
]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: type(one).__name__)
def test_the_generator_decides_and_the_input_stays(one: augment.Augmentation) -> None:
    images = batch()
    before = images.copy()
    (a, la), (b, lb), (c, _) = (one(images, LABELS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(la, lb)
    assert (a != c).any()
    assert a.dtype == np.float32
    assert a.flags.c_contiguous
    assert len(a) == len(la) == N


def test_every_image_has_its_own_draw() -> None:
    same = np.repeat(batch(n=1), 400, axis=0)
    rng = np.random.default_rng(0)
    flipped, _ = augment.RandomHorizontalFlip(0.25)(same, np.zeros(400), rng)
    share = (flipped != same).any(axis=(1, 2, 3)).mean()
    assert 0.18 < share < 0.32
    cropped, _ = augment.RandomCrop((9, 12), padding=2)(same, np.zeros(400), rng)
    assert len(np.unique(cropped.reshape(400, -1), axis=0)) == 25
    for one in (augment.RandomRotation(30), augment.ColorJitter(brightness=0.5)):
        changed, _ = one(same, np.zeros(400), rng)
        assert len(np.unique(changed.reshape(400, -1), axis=0)) == 400


def test_jitter_draws_from_the_stated_range() -> None:
    flat = np.full((2000, 1, 1, 1), 0.4, np.float32)
    changed, _ = augment.ColorJitter(brightness=0.5)(flat, np.zeros(2000), np.random.default_rng(0))
    factors = changed.ravel() / 0.4
    assert 0.5 <= factors.min() < 0.51
    assert 1.49 < factors.max() <= 1.5
    assert factors.mean() == pytest.approx(1, abs=0.02)


def test_mixup_mixes_images_and_labels_alike() -> None:
    # Images that are their own one-hot labels: whatever happens to one has to happen to the other.
    one_hot = np.eye(3, dtype=np.float32)[LABELS]
    images, soft = augment.Mixup(0.4, 3)(one_hot[:, None, None, :], LABELS, np.random.default_rng(1))
    np.testing.assert_allclose(images[:, 0, 0], soft, atol=1e-7)
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    assert ((soft > 0).sum(axis=1) == 2).any()
    assert soft.dtype == np.float32
    twice, _ = augment.Mixup(0.4, 3)(one_hot[:, None, None, :], soft, np.random.default_rng(1))
    assert twice.shape == images.shape


def test_mixup_draws_lambda_from_the_beta_distribution() -> None:
    images = np.array([0.0, 1.0], np.float32).reshape(2, 1, 1, 1)
    rng, draws = np.random.default_rng(0), []
    while len(draws) < 400:
        mixed, _ = augment.Mixup(0.7, 2)(images, np.array([0, 1]), rng)
        if mixed.sum() == 1 and 0 < mixed[1, 0, 0, 0] < 1:
            draws.append(float(mixed[1, 0, 0, 0]))
    # Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    assert np.mean(draws) == pytest.approx(0.5, abs=0.06)
    assert np.var(draws) == pytest.approx(1 / (4 * 2.4), rel=0.12)


@pytest.mark.parametrize("one", EVERY[:3], ids=lambda one: type(one).__name__)
def test_masks_move_with_their_images(one: augment.Augmentation) -> None:
    # Blocks of 3x3 pixels, so that rounding at the outlines stays small.
    masks = np.kron(np.random.default_rng(0).integers(0, 2, (N, 3, 4)), np.ones((1, 3, 3), int)).reshape(N, 9, 12)
    images, moved = one(masks[..., None].astype(np.float32), masks, np.random.default_rng(3))
    assert (moved != masks).any()
    assert (np.abs(images[..., 0] - moved) <= 0.75).all()
    assert ((images[..., 0] > 0.5) == (moved == 1)).mean() > 0.93


@pytest.mark.parametrize(
    "build",
    [
        lambda: augment.RandomHorizontalFlip(1.2),
        lambda: augment.RandomCrop(0),
        lambda: augment.RandomCrop(8, padding=-1),
        lambda: augment.RandomRotation(200),
        lambda: augment.ColorJitter(-1),
        lambda: augment.Mixup(0),
        lambda: augment.Compose(3),
    ],
)
def test_arguments_without_meaning(build: Callable[[], object]) -> None:
    with pytest.raises(ConfigurationError):
        build()


def test_batches_that_do_not_fit() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="crop of 20x20"):
        augment.RandomCrop(20, padding=2)(batch(), LABELS, rng)
    with pytest.raises(DataError, match="class numbers below 2"):
        augment.Mixup(1, num_classes=2)(batch(), LABELS, rng)


def test_torchvision_transforms_are_seeded_and_leave_the_global_generator() -> None:
    import torch
    from torchvision.transforms import v2

    from coursekit.data import torchvision_transforms

    one = torchvision_transforms(v2.Compose([v2.RandomHorizontalFlip(), v2.RandomCrop(8, padding=2)]))
    state = torch.random.get_rng_state()
    (a, la), (b, _), (c, _) = (one(batch(), LABELS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(state, torch.random.get_rng_state())
    assert a.shape == (N, 8, 8, 3)
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(la, LABELS)
    assert (a != c).any()
    never = torchvision_transforms(v2.RandomHorizontalFlip(0.0))(batch(), LABELS, np.random.default_rng(0))[0]
    np.testing.assert_array_equal(never, batch())
    mixed, soft = torchvision_transforms(v2.MixUp(num_classes=3), per_image=False)(
        batch(), LABELS, np.random.default_rng(0)
    )
    assert mixed.shape == batch().shape
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)


def test_keras_layers_are_seeded() -> None:
    import keras

    from coursekit.data import keras_layers

    one = keras_layers(
        keras.Sequential([keras.layers.RandomFlip("horizontal"), keras.layers.RandomTranslation(0.2, 0.2)])
    )
    (a, la), (b, _), (c, _) = (one(batch(), LABELS, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert a.shape == batch().shape
    assert a.dtype == np.float32
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(la, LABELS)
    assert (a != c).any()
    with pytest.raises(ConfigurationError, match="Keras layer"):
        keras_layers(print)
