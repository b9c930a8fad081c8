"""Evaluating, predicting and checking change nothing; training gives back the modes it found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from plain_torch import as_tensors, assert_identical, digits, net

from coursekit.data import ArrayDataset
from coursekit.training import Trainer

FRAMEWORKS = ["torch", "tensorflow"]


@pytest.fixture(scope="module")
def dataset() -> ArrayDataset:
    return digits(70)


def keras_net() -> Any:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )


def uneven(model: Any) -> list[bool]:
    """A model with modes that no single train() or eval() would give."""
    model.train()
    model[1].eval()
    model[4].eval()
    return modes(model)


def modes(model: Any) -> list[bool]:
    return [module.training for module in model.modules()]


def streams() -> list[bytes]:
    """PyTorch's and NumPy's global random states."""
    import torch

    _, keys, position, *_ = np.random.get_state()
    return [torch.get_rng_state().numpy().tobytes(), keys.tobytes(), bytes([position % 256])]


def use(trainer: Trainer, how: str, dataset: ArrayDataset) -> None:
    if how == "evaluate":
        trainer.evaluate(dataset, batch_size=32)
    elif how == "predict":
        trainer.predict(dataset.images, batch_size=32)
    else:
        from torch.utils.data import DataLoader, TensorDataset

        trainer.evaluate(DataLoader(TensorDataset(*as_tensors(dataset.images, dataset.labels)), 32, shuffle=True))


@pytest.mark.parametrize("how", ["evaluate", "predict", "a shuffling DataLoader"])
def test_torch(how: str, dataset: ArrayDataset) -> None:
    import torch

    model, untouched = net(), net()
    images, labels = as_tensors(dataset.images[:8], dataset.labels[:8])
    untouched.load_state_dict(model.state_dict())
    trainer = Trainer(model, device="cpu")
    found = uneven(model)
    torch.nn.functional.cross_entropy(model(images), labels).backward()
    untouched.load_state_dict(model.state_dict())
    gradients = [parameter.grad for parameter in model.parameters()]
    values = [gradient.clone() for gradient in gradients]
    before = streams()
    use(trainer, how, dataset)
    assert streams() == before
    assert modes(model) == found
    assert_identical(model, untouched)
    for parameter, gradient, value in zip(model.parameters(), gradients, values, strict=True):
        assert parameter.grad is gradient
        assert torch.equal(gradient, value)
        assert parameter.requires_grad
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()


def test_torch_evaluates_in_eval_mode(dataset: ArrayDataset) -> None:
    import torch

    model = net()
    figures = Trainer(model, device="cpu").evaluate(dataset, batch_size=32)
    model.eval()
    images, labels = as_tensors(dataset.images, dataset.labels)
    with torch.no_grad():
        expected = torch.nn.functional.cross_entropy(model(images), labels)
    assert figures["loss"] == pytest.approx(float(expected), rel=1e-5)


def test_torch_modes_come_back_after_an_error_too(dataset: ArrayDataset) -> None:
    class RefusedError(Exception):
        pass

    model = net()
    found = uneven(model)

    def refuse(outputs: Any, targets: Any) -> Any:
        raise RefusedError

    trainer = Trainer(model, loss=refuse, device="cpu")
    for call in (lambda: trainer.evaluate(dataset), lambda: trainer.fit(dataset, progress=False)):
        before = streams()
        with pytest.raises(RefusedError):
            call()
        assert modes(model) == found
        assert streams() == before


def test_torch_fit_trains_in_train_mode_and_restores_what_it_found(dataset: ArrayDataset) -> None:
    model = net()
    model.eval()
    inside: list[list[bool]] = []
    model.register_forward_hook(lambda module, *_: inside.append(modes(module)))
    Trainer(model, device="cpu").fit(dataset[:40], dataset[40:], epochs=2, batch_size=20, progress=False)
    assert modes(model) == [False] * len(modes(model))
    assert [True] * len(modes(model)) in inside  # training
    found = uneven(model)
    Trainer(model, device="cpu").fit(dataset, epochs=1, progress=False)
    assert modes(model) == found


def test_torch_frozen_batch_norm_does_not_move(dataset: ArrayDataset) -> None:
    import torch

    model = net()
    for parameter in model[:2].parameters():
        parameter.requires_grad = False
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    Trainer(model, device="cpu").fit(dataset, epochs=2, batch_size=32, progress=False)
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved == {"6.weight", "6.bias"}
    assert model[1].training  # frozen in training, yet the mode is the user's


def test_torch_what_a_model_keeps_from_evaluation_is_fit_for_training(dataset: ArrayDataset) -> None:
    """A grid of positions that is made at the first call, which is the engine's own look at the model."""
    import torch

    class WithGrid(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.grid = net(), None

        def forward(self, images: Any) -> Any:
            if self.grid is None:
                self.grid = torch.linspace(0, 1, 10) * self.inner[0].weight.detach().mean()
            return self.inner(images) * self.grid

    history = Trainer(WithGrid(), device="cpu").fit(dataset[:40], dataset[40:], epochs=1, batch_size=20, progress=False)
    assert np.isfinite(history["val_loss"]).all()


@pytest.mark.parametrize("how", ["evaluate", "predict", "a shuffled tf.data.Dataset"])
def test_tensorflow(how: str, dataset: ArrayDataset) -> None:
    tf = pytest.importorskip("tensorflow")
    model = keras_net()
    trainer = Trainer(model)
    trainer.fit(dataset, epochs=1, batch_size=32, progress=False)  # statistics and seeds are somewhere
    trainable = [layer.trainable for layer in model.layers]
    before = [variable.numpy() for variable in [*model.variables, *trainer.optimizer.variables]]
    assert any("seed_generator" in variable.path for variable in model.variables)
    generators = streams(), tf.random.get_global_generator().state.numpy().tolist()
    if how.startswith("a"):
        arrays = (dataset.images, dataset.labels)
        trainer.evaluate(tf.data.Dataset.from_tensor_slices(arrays).shuffle(70).batch(32))
    else:
        use(trainer, how, dataset)
    after = [variable.numpy() for variable in [*model.variables, *trainer.optimizer.variables]]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert [layer.trainable for layer in model.layers] == trainable
    assert (streams(), tf.random.get_global_generator().state.numpy().tolist()) == generators
    assert trainer.evaluate(dataset) == trainer.evaluate(dataset)  # no dropout


def test_tensorflow_evaluates_in_inference_mode(dataset: ArrayDataset) -> None:
    keras = pytest.importorskip("keras")
    model = keras_net()
    trainer = Trainer(model)
    trainer.fit(dataset, epochs=2, batch_size=32, progress=False)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = float(loss(dataset.labels, model(dataset.images, training=False)))
    assert trainer.evaluate(dataset, batch_size=32)["loss"] == pytest.approx(expected, rel=1e-5)
    assert expected != pytest.approx(float(loss(dataset.labels, model(dataset.images, training=True))), rel=1e-3)


def test_tensorflow_frozen_batch_norm_does_not_move(dataset: ArrayDataset) -> None:
    model = keras_net()
    model.layers[0].trainable = model.layers[1].trainable = False
    before = [weight.numpy() for weight in model.weights]
    Trainer(model).fit(dataset, epochs=2, batch_size=32, progress=False)
    moved = [not np.array_equal(old, new.numpy()) for old, new in zip(before, model.weights, strict=True)]
    assert moved == [False] * 6 + [True] * 2


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_state_of_a_run_is_the_same_with_and_without_validation(framework: str, dataset: ArrayDataset) -> None:
    """Weights after training do not depend on who looked on."""
    from coursekit import models

    ends = []
    for validation in (None, dataset[40:]):
        model = models.mini_vgg(framework, input_shape=(8, 8, 1), width=4, dropout=0.5, seed=2)
        trainer = Trainer(model, seed=4, **({"device": "cpu"} if framework == "torch" else {}))
        trainer.fit(dataset[:40], validation, epochs=2, batch_size=16, progress=False)
        ends.append(models.get_weights(model))
    assert all(np.array_equal(ends[0][name], ends[1][name]) for name in ends[0])
