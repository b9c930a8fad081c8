"""The engine computes what a hand-written PyTorch loop computes: the same bits, with everything switched on."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from plain_torch import as_tensors, assert_identical, digits, distance, net, plain_loop, slices

from coursekit import losses, optimizers
from coursekit.data import ArrayDataset, Loader
from coursekit.training import Trainer

torch = pytest.importorskip("torch")
F = torch.nn.functional
SIZE, EPOCHS, RATE = 32, 3, 0.02


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before, stream = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
    torch.set_rng_state(stream)


@pytest.fixture(scope="module")
def train() -> ArrayDataset:
    return digits(150)  # the last batch of 32 holds 22


@pytest.fixture(scope="module")
def validation() -> ArrayDataset:
    return digits(70, first=300)


def trained(model: Any, train: Any, optimizer: Any, *, fit: dict[str, Any] | None = None, **options: Any) -> Trainer:
    options = {"learning_rate": RATE, "device": "cpu"} | options
    model.eval()  # train mode is the engine's business
    trainer = Trainer(model, optimizer=optimizer, **options)
    trainer.fit(train, **{"epochs": EPOCHS, "batch_size": SIZE, "shuffle": False, "progress": False} | (fit or {}))
    return trainer


Build = Callable[[Any], Any]
NAMED: dict[str, Build] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=RATE, fused=True),
    "momentum": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, fused=True),
    "nesterov": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, nesterov=True, fused=True),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=RATE),
    "adam": lambda p: torch.optim.Adam(p, lr=RATE, fused=True),
    "adamw": lambda p: torch.optim.AdamW(p, lr=RATE, fused=True),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_optimizers(name: str, train: ArrayDataset) -> None:
    ours, plain = net(), net()
    plain_loop(plain, NAMED[name](plain.parameters()), lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy)
    trained(ours, train, name)
    assert_identical(ours, plain)
    start = net()
    assert distance(ours, start) > 0.01  # it has learnt: equal because untouched would be no proof


OWN: dict[str, Build] = {
    "SGD": lambda p: torch.optim.SGD(p, lr=RATE),
    "SGD, momentum and decay": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, weight_decay=1e-3),
    "Adam": lambda p: torch.optim.Adam(p, lr=RATE),
    "Adam, foreach": lambda p: torch.optim.Adam(p, lr=RATE, foreach=True),
    "NAdam": lambda p: torch.optim.NAdam(p, lr=RATE),
}


@pytest.mark.parametrize("name", OWN)
def test_the_users_own_optimizer_and_loss(name: str, train: ArrayDataset) -> None:
    ours, plain = net(), net()
    loss = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    plain_loop(plain, OWN[name](plain.parameters()), lambda _: slices(train, SIZE), EPOCHS, loss)
    own = OWN[name](ours.parameters())
    trainer = trained(ours, train, own, loss=loss, learning_rate=None)
    assert trainer.optimizer is own
    assert_identical(ours, plain)


def test_parameter_groups_keep_their_rates(train: ArrayDataset) -> None:
    def build(model: Any) -> Any:
        return torch.optim.Adam(
            [{"params": model[0].parameters(), "lr": RATE / 10}, {"params": model[1:].parameters()}], lr=RATE
        )

    ours, plain = net(), net()
    plain_loop(plain, build(plain), lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy)
    trained(ours, train, build(ours), learning_rate=None)
    assert_identical(ours, plain)


@pytest.mark.parametrize("name", ["mini_resnet", "mini_vgg", "lenet5"])
def test_models_of_the_catalogue(name: str, train: ArrayDataset) -> None:
    from coursekit import models

    extra = {"mini_resnet": {"width": 4, "blocks": (1, 1)}, "mini_vgg": {"width": 4, "dropout": 0.3}, "lenet5": {}}[
        name
    ]
    ours, plain = (models.build(name, "torch", input_shape=(8, 8, 1), **extra) for _ in range(2))
    plain_loop(plain, NAMED["adam"](plain.parameters()), lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy)
    trained(ours, train, "adam")
    assert_identical(ours, plain)


def test_shuffled_order_is_the_loaders(train: ArrayDataset) -> None:
    ours, plain = net(), net()
    loader = Loader(train, SIZE, seed=7)

    def batches(epoch: int) -> Any:
        return (as_tensors(*loader.batch(epoch, number)) for number in range(len(loader)))

    plain_loop(plain, NAMED["adam"](plain.parameters()), batches, EPOCHS, F.cross_entropy, seed=7)
    trained(ours, train, "adam", seed=7, fit={"shuffle": True})
    assert_identical(ours, plain)
    orders = [loader.order(epoch) for epoch in range(EPOCHS)]
    assert not np.array_equal(orders[0], orders[1])
    assert all(np.array_equal(np.sort(order), np.arange(len(train))) for order in orders)


def test_the_same_in_three_calls_of_fit(train: ArrayDataset) -> None:
    at_once, in_parts = net(), net()
    trained(at_once, train, "adam", fit={"shuffle": True})
    trainer = Trainer(in_parts, optimizer="adam", learning_rate=RATE, device="cpu")
    for _ in range(EPOCHS):
        torch.rand(3)  # the user's own draws in between are nobody's business
        trainer.fit(train, epochs=1, batch_size=SIZE, progress=False)
    assert_identical(in_parts, at_once)


def test_validation_in_between_disturbs_nothing(train: ArrayDataset, validation: ArrayDataset) -> None:
    ours, plain = net(), net()
    plain_loop(plain, NAMED["adam"](plain.parameters()), lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy)
    trained(ours, train, "adam", fit={"validation": validation})
    assert_identical(ours, plain)


@pytest.mark.parametrize("own_generator", [True, False])
def test_a_shuffling_dataloader(own_generator: bool, train: ArrayDataset, validation: ArrayDataset) -> None:
    from torch.utils.data import DataLoader, TensorDataset

    def loader(dataset: ArrayDataset) -> Any:
        generator = torch.Generator().manual_seed(3) if own_generator else None
        return DataLoader(TensorDataset(*as_tensors(dataset.images, dataset.labels)), SIZE, True, generator=generator)

    ours, plain = net(), net()
    theirs = loader(train)
    plain_loop(plain, NAMED["adam"](plain.parameters()), lambda _: theirs, EPOCHS, F.cross_entropy)
    # Validation shuffles as well, which the plain loop above knows nothing of.
    trained(ours, loader(train), "adam", fit={"validation": loader(validation)})
    assert_identical(ours, plain)


def test_the_stream_is_the_seeds_and_the_users_comes_back(train: ArrayDataset) -> None:
    torch.manual_seed(99)
    expected = torch.rand(4)
    torch.manual_seed(99)
    model = net()
    trained(model, train, "adam", seed=5)
    assert torch.equal(torch.rand(4), expected)
    other = net()
    trained(other, train, "adam", seed=6)
    assert distance(model, other) > 1e-3  # another seed, other dropout


def test_without_a_seed_the_users_stream_is_used(train: ArrayDataset) -> None:
    ours, plain = net(), net()
    plain_loop(
        plain, NAMED["adam"](plain.parameters()), lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy, seed=11
    )
    torch.manual_seed(11)
    trained(ours, train, "adam", seed=None)
    assert_identical(ours, plain)


def test_clipping(train: ArrayDataset) -> None:
    ours, plain, free = net(), net(), net()
    plain_loop(
        plain,
        NAMED["momentum"](plain.parameters()),
        lambda _: slices(train, SIZE),
        EPOCHS,
        F.cross_entropy,
        clip_norm=0.3,
    )
    trained(ours, train, "momentum", clip_norm=0.3)
    assert_identical(ours, plain)
    trained(free, train, "momentum")
    assert distance(ours, free) > 0.01  # it did clip


def test_clipping_counts_what_the_optimizer_holds(train: ArrayDataset) -> None:
    """Gradients of layers that nobody steps add up from batch to batch; they must not use up the norm."""
    ours, plain = net(dropout=0.0), net(dropout=0.0)
    optimizer = torch.optim.SGD(plain[-1].parameters(), lr=RATE)
    for _ in range(EPOCHS):
        plain.train()
        for images, labels in slices(train, SIZE):
            plain.zero_grad()
            F.cross_entropy(plain(images), labels).backward()
            torch.nn.utils.clip_grad_norm_(plain[-1].parameters(), 0.3)
            optimizer.step()
    trained(ours, train, torch.optim.SGD(ours[-1].parameters(), lr=RATE), learning_rate=None, clip_norm=0.3)
    assert_identical(ours, plain)


@pytest.mark.parametrize("weighted", [False, True])
def test_accumulation(weighted: bool, train: ArrayDataset) -> None:
    """Three batches per step, the last step of an epoch 32 + 22: a plain accumulation, and one large batch."""
    class_weights = tuple(np.linspace(0.5, 3.0, 10)) if weighted else None
    weight = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32)
    plain = net(dropout=0.0)
    plain[1] = torch.nn.Identity()  # batch norm sees batches, however their gradients are joined
    ours, large = copy.deepcopy(plain), copy.deepcopy(plain)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1, momentum=0.9)
    batches = slices(train, SIZE)
    for _ in range(EPOCHS):
        for first in range(0, len(batches), 3):
            group = batches[first : first + 3]
            divisors = [float(len(y) if weight is None else weight[y].sum()) for _, y in group]
            optimizer.zero_grad()
            for (images, labels), divisor in zip(group, divisors, strict=True):
                (F.cross_entropy(plain(images), labels, weight=weight) * divisor / sum(divisors)).backward()
            optimizer.step()
    loss = losses.CrossEntropy(class_weights=class_weights)
    trainer = trained(ours, train, "momentum", loss=loss, learning_rate=0.1, accumulate=3)
    assert distance(ours, plain) < 1e-6
    by_96 = trained(large, train, "momentum", loss=loss, learning_rate=0.1, fit={"batch_size": 3 * SIZE})
    assert distance(ours, large) < 2e-5  # other sums, other rounding
    assert len(trainer.history.steps["loss"]) == 2 * EPOCHS
    np.testing.assert_allclose(trainer.history.steps["loss"], by_96.history.steps["loss"], rtol=1e-5)


def test_history_holds_means_over_samples(train: ArrayDataset, validation: ArrayDataset) -> None:
    ours, plain = net(), net()
    seen = plain_loop(plain, NAMED["adam"](plain.parameters()), lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy)
    history = trained(ours, train, "adam", fit={"validation": validation}).history
    for epoch, figures in enumerate(seen):
        loss, correct, size = (np.array(column) for column in zip(*figures, strict=True))
        assert history["loss"][epoch] == pytest.approx((loss * size).sum() / len(train), rel=1e-12)
        assert abs(history["loss"][epoch] - loss.mean()) > 1e-4  # not the mean of the batches' means
        assert history["accuracy"][epoch] == correct.sum() / len(train)
    np.testing.assert_allclose(history.steps["loss"], [loss for epoch in seen for loss, _, _ in epoch], rtol=1e-12)
    plain.eval()
    images, labels = as_tensors(validation.images, validation.labels)
    with torch.no_grad():
        outputs = plain(images)
    assert history["val_loss"][-1] == pytest.approx(float(F.cross_entropy(outputs.double(), labels)), rel=1e-6)
    assert history["val_accuracy"][-1] == float((outputs.argmax(1) == labels).double().mean())


def test_class_weighted_losses_are_means_over_all_the_weights(train: ArrayDataset) -> None:
    """A batch of rare classes counts for more; 70 images in batches of 32 must give the figure of all 70 at once."""
    weights = tuple(np.linspace(0.1, 4.0, 10))
    plain = net()
    figures = Trainer(plain, losses.CrossEntropy(class_weights=weights), device="cpu").evaluate(train, batch_size=SIZE)
    plain.eval()
    images, labels = as_tensors(train.images, train.labels)
    with torch.no_grad():
        at_once = F.cross_entropy(plain(images).double(), labels, weight=torch.tensor(weights, dtype=torch.float64))
    assert figures["loss"] == pytest.approx(float(at_once), rel=1e-6)


@pytest.mark.parametrize("kind", ["dataloader", "numpy batches", "numpy and list"])
def test_streams_give_what_arrays_give(kind: str, train: ArrayDataset, validation: ArrayDataset) -> None:
    from torch.utils.data import DataLoader, TensorDataset

    def stream(dataset: ArrayDataset) -> Any:
        if kind == "dataloader":
            return DataLoader(TensorDataset(*as_tensors(dataset.images, dataset.labels)), SIZE)
        parts = [dataset[first : first + SIZE] for first in range(0, len(dataset), SIZE)]
        if kind == "numpy batches":
            return [(part.images, part.labels) for part in parts]
        return [[part.images.astype(np.float64), part.labels.tolist()] for part in parts]

    # Without dropout: a DataLoader draws its workers' seed from PyTorch's stream in every epoch, a plain loop's too.
    ours, from_stream = net(dropout=0.0), net(dropout=0.0)
    expected = trained(ours, train, "adam", fit={"validation": validation}).history
    trainer = trained(from_stream, stream(train), "adam", fit={"validation": stream(validation)})
    assert_identical(from_stream, ours)
    history = trainer.history
    assert history.steps == expected.steps
    for name in expected:
        assert history[name] == pytest.approx(expected[name], rel=1e-9), name
    at_once = trainer.evaluate(validation)
    assert trainer.evaluate(stream(validation)) == pytest.approx(at_once, rel=1e-6)


def test_a_second_optimizer_option_is_kept(train: ArrayDataset) -> None:
    spec = optimizers.Adam(betas=(0.8, 0.99), eps=1e-5, weight_decay=0.01)
    ours, plain = net(), net()
    optimizer = torch.optim.Adam(
        plain.parameters(), lr=RATE, betas=(0.8, 0.99), eps=1e-5, weight_decay=0.01, fused=True
    )
    plain_loop(plain, optimizer, lambda _: slices(train, SIZE), EPOCHS, F.cross_entropy)
    trained(ours, train, spec)
    assert_identical(ours, plain)
