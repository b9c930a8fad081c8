"""Checks of learning: every step is the formula's step."""

from __future__ import annotations

import numpy as np

from coursekit import losses, optimizers
from coursekit.backends.conformance import recipes
from coursekit.backends.conformance.recipes import Oracle
from coursekit.backends.conformance.subject import (
    Subject,
    require,
    require_close,
    require_same,
    train,
)

RATES = (0.1, 0.05, 0.2, 0.02)  # a momentum that holds the rate inside differs only when the rate changes
# Epsilons far above the usual ones: where they stand in the formula must show.
OPTIMIZERS: tuple[optimizers.Optimizer, ...] = (
    optimizers.SGD(weight_decay=0.1),
    optimizers.SGD(momentum=0.9, weight_decay=0.1),
    optimizers.SGD(momentum=0.9, nesterov=True, weight_decay=0.1),
    optimizers.RMSprop(alpha=0.9, eps=1e-2, weight_decay=0.1),
    optimizers.RMSprop(alpha=0.9, eps=1e-2, momentum=0.9),
    optimizers.Adam(eps=1e-2, weight_decay=0.1),
    optimizers.Adam(betas=(0.8, 0.95), eps=1e-2),
    optimizers.AdamW(eps=1e-2, weight_decay=0.1),
)
WEIGHTED = losses.CrossEntropy(class_weights=(0.2, 1.0, 3.0, 0.5, 2.0), label_smoothing=0.1)


def optimizers_follow_the_formulas(subject: Subject) -> None:
    """Every named optimizer, with weight decay and a rate that changes, moves the weights as its NumPy rule does."""
    for spec in OPTIMIZERS:
        model, backend = subject.start(recipes.PLAIN, optimizer=spec)
        fetched = train(backend, RATES)
        trace = Oracle(recipes.PLAIN, losses.CrossEntropy(), spec).train([[b] for b in recipes.batches()], RATES)
        require_close(f"{spec}: losses", fetched.losses, trace.losses, subject.tolerance)
        require_close(f"{spec}: weights", subject.weights(model), trace.weights, subject.tolerance)


def names_mean_the_defaults(subject: Subject) -> None:
    """A name is its spec with default options; the rate is the spec's where none is given."""
    for name in ("momentum", "adam"):
        spec = optimizers.get(name)
        rate = spec.default_learning_rate
        model, backend = subject.start(recipes.PLAIN, optimizer=name, loss="cross_entropy")
        require(abs(backend.learning_rate - rate) < 1e-9, f"{name}: learning_rate {backend.learning_rate}", f"{rate}")
        train(backend, [rate] * 4)
        trace = Oracle(recipes.PLAIN, losses.CrossEntropy(), spec).train([[b] for b in recipes.batches()], [rate] * 4)
        require_close(f"{name}: weights", subject.weights(model), trace.weights, subject.tolerance)
    _, backend = subject.start(recipes.PLAIN, optimizer="sgd", learning_rate=0.25)
    require(backend.learning_rate == 0.25, f"learning_rate {backend.learning_rate}", "0.25, as given")


def losses_follow_the_formulas(subject: Subject) -> None:
    """Every loss of the engine has its reference's value, and its reference's gradient moves the weights."""
    rng = np.random.default_rng(7)
    images, labels = recipes.batches()[0]
    maps = rng.integers(0, 3, (len(images), recipes.SIDE, recipes.SIDE))
    numbers = rng.normal(size=(len(images), recipes.CLASSES)).astype(np.float32)
    soft = rng.dirichlet(np.ones(recipes.CLASSES), len(images)).astype(np.float32)
    holes = np.where(rng.random(maps.shape) < 0.3, 255, maps)
    cases = [
        (recipes.PLAIN, losses.CrossEntropy(), labels),
        (recipes.PLAIN, WEIGHTED, labels),
        (recipes.PLAIN, WEIGHTED, soft),
        (recipes.PLAIN, losses.BCEWithLogits(), recipes.one_hot(labels)),
        (recipes.PLAIN, losses.MSE(), numbers),
        (recipes.PLAIN, losses.L1(), numbers),
        (recipes.PER_PIXEL, losses.PixelwiseCrossEntropy(ignore_index=255), holes),
        (recipes.PER_PIXEL, losses.Dice(), maps),
    ]
    spec = optimizers.SGD()
    for recipe, loss, targets in cases:
        model, backend = subject.start(recipe, loss=loss, optimizer=spec)
        fetched = train(backend, [0.5], native=[(images, targets)])
        trace = Oracle(recipe, loss, spec).train([[(images, targets)]], [0.5])
        require_close(f"{loss}: value", fetched.losses, trace.losses, subject.tolerance)
        require_close(f"{loss}: weights", subject.weights(model), trace.weights, subject.tolerance)


def batch_norm_follows_the_formula(subject: Subject) -> None:
    """Batch norm normalises by the batch, its gradient goes through these statistics, and the running ones move."""
    spec = optimizers.SGD()
    model, backend = subject.start(recipes.BATCH_NORM, optimizer=spec)
    fetched = train(backend, RATES)
    oracle = Oracle(recipes.BATCH_NORM, losses.CrossEntropy(), spec, unbiased=subject.unbiased_variance)
    trace = oracle.train([[b] for b in recipes.batches()], RATES)
    require_close("outputs in training", fetched.outputs, np.concatenate(trace.outputs), subject.tolerance)
    require_close("weights", subject.weights(model), trace.weights, subject.tolerance)


def blocks_do_not_matter(subject: Subject) -> None:
    """A block of four batches is four blocks of one, bit for bit; steps go on where the last block ended."""
    for recipe in (recipes.DROPOUT, recipes.BATCH_NORM):
        one_model, one = subject.start(recipe, optimizer="adam")
        four_model, four = subject.start(recipe, optimizer="adam")
        whole = train(one, RATES)
        parts = [train(four, [rate], first=first) for first, rate in enumerate(RATES)]
        require_same(f"{recipe.name}: losses", np.concatenate([part.losses for part in parts]), whole.losses)
        require_same(f"{recipe.name}: weights", subject.weights(four_model), subject.weights(one_model))


def every_step_has_its_rate(subject: Subject) -> None:
    """In one block, a step at rate 0 moves nothing and the others move by theirs."""
    model, backend = subject.start(recipes.PLAIN, optimizer="sgd")
    train(backend, [0.0, 0.1, 0.0, 0.0])
    trace = Oracle(recipes.PLAIN, losses.CrossEntropy(), optimizers.SGD()).train([[recipes.batches()[1]]], [0.1])
    require_close("weights", subject.weights(model), trace.weights, subject.tolerance)


def accumulated_batches_are_one_large_batch(subject: Subject) -> None:
    """Gradients of several batches are joined by what each counts for: ragged batches and class weights included."""
    parts = recipes.batches()
    for loss, accumulate, groups in (
        (losses.CrossEntropy(), 2, [parts[:2], parts[2:]]),
        (WEIGHTED, 3, [parts[:3], parts[3:]]),
    ):
        spec = optimizers.Adam(eps=1e-2)
        model, backend = subject.start(recipes.PLAIN, loss=loss, optimizer=spec, accumulate=accumulate)
        fetched = train(backend, RATES[:2], count=4)
        trace = Oracle(recipes.PLAIN, loss, spec).train(groups, RATES[:2])
        require(fetched.losses.shape == (4,), f"{fetched.losses.shape} losses", "one per batch, not per step")
        require_close(f"accumulate={accumulate}: weights", subject.weights(model), trace.weights, subject.tolerance)


def gradients_are_clipped_together(subject: Subject) -> None:
    """``clip_norm`` bounds the norm of all gradients taken as one vector; a generous bound changes nothing."""
    for clip_norm in (0.05, 1e6):
        spec = optimizers.SGD()
        model, backend = subject.start(recipes.PLAIN, optimizer=spec, clip_norm=clip_norm)
        train(backend, RATES)
        oracle = Oracle(recipes.PLAIN, losses.CrossEntropy(), spec)
        trace = oracle.train([[b] for b in recipes.batches()], RATES, clip_norm)
        require_close(f"clip_norm={clip_norm}: weights", subject.weights(model), trace.weights, subject.tolerance)


def batches_of_any_kind_are_equal(subject: Subject) -> None:
    """Arrays and the framework's own tensors train as the same batches out of a data set do."""
    trace = Oracle(recipes.PLAIN, losses.CrossEntropy(), optimizers.SGD()).train(
        [[b] for b in recipes.batches()], RATES
    )
    for kind, native in (
        ("NumPy arrays", recipes.batches()),
        ("own tensors", [subject.native(*batch) for batch in recipes.batches()]),
    ):
        model, backend = subject.start(recipes.PLAIN, optimizer="sgd")
        train(backend, RATES, native=native)
        require_close(f"{kind}: weights", subject.weights(model), trace.weights, subject.tolerance)


CHECKS = (
    optimizers_follow_the_formulas,
    names_mean_the_defaults,
    losses_follow_the_formulas,
    batch_norm_follows_the_formula,
    blocks_do_not_matter,
    every_step_has_its_rate,
    accumulated_batches_are_one_large_batch,
    gradients_are_clipped_together,
    batches_of_any_kind_are_equal,
)
