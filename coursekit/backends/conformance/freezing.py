"""Checks of what is frozen, and of what is observed."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import losses, optimizers
from coursekit.backends.conformance import recipes
from coursekit.backends.conformance.learning import RATES
from coursekit.backends.conformance.recipes import Oracle
from coursekit.backends.conformance.subject import (
    Subject,
    require,
    require_close,
    require_different,
    require_same,
    train,
)


def frozen_parameters_stay(subject: Subject) -> None:
    """A frozen layer does not move, by weight decay or momentum either; unfrozen, it starts as the formula does."""
    for spec in (optimizers.SGD(momentum=0.9, weight_decay=0.1), optimizers.AdamW(eps=1e-2, weight_decay=0.1)):
        model, backend = subject.start(recipes.PLAIN, frozen=["conv1"], optimizer=spec)
        oracle = Oracle(recipes.PLAIN, losses.CrossEntropy(), spec)
        oracle.model.freeze("conv1")
        start = subject.weights(model)
        for layer, trainable in ((None, True), ("conv1", True), ("head", False), ("head", True)):
            if layer is not None:
                backend.set_trainable(layer, trainable)
                oracle.model.freeze(layer, trainable=trainable)
                backend.trainable_changed()
            before = subject.weights(model)
            train(backend, RATES)
            trace = oracle.train([[b] for b in recipes.batches()], RATES)
            now = subject.weights(model)
            what = f"{spec.name}, {layer or 'conv1'} {'learning' if trainable and layer else 'frozen'}"
            require_close(f"{what}: weights", now, trace.weights, subject.tolerance)
            if layer is None:
                require_same(f"{what}: weight", now["conv1.weight"], start["conv1.weight"])
            if layer == "conv1":
                require_different(f"{what}: weight", now["conv1.weight"], start["conv1.weight"])
            if layer == "head" and not trainable:
                require_same(f"{what}: weight", now["head.weight"], before["head.weight"])


def frozen_batch_norm_stands_still(subject: Subject) -> None:
    """A frozen batch norm keeps its running statistics in training, and normalises by them."""
    spec = optimizers.SGD()
    model, backend = subject.start(recipes.BATCH_NORM, frozen=["bn"], optimizer=spec)
    before = subject.weights(model)
    fetched = train(backend, RATES)
    oracle = Oracle(recipes.BATCH_NORM, losses.CrossEntropy(), spec)
    oracle.model.freeze("bn")
    trace = oracle.train([[b] for b in recipes.batches()], RATES)
    require_close("outputs", fetched.outputs, np.concatenate(trace.outputs), subject.tolerance)
    after = subject.weights(model)
    for name in ("bn.running_mean", "bn.running_var", "bn.weight", "bn.bias"):
        require_same(name, after[name], before[name])


def gradients_are_reported(subject: Subject) -> None:
    """The report of an observed block's last step holds the gradient before clipping, the weight and the update."""
    parts = recipes.batches()
    cases: list[tuple[dict[str, Any], list[Any]]] = [
        ({}, [[b] for b in parts]),
        ({"clip_norm": 0.05}, [[b] for b in parts]),
        ({"accumulate": 2}, [parts[:2], parts[2:]]),
    ]
    for options, groups in cases:
        spec = optimizers.SGD(momentum=0.9)
        _, backend = subject.start(recipes.PLAIN, optimizer=spec, frozen=["conv1"] if not options else [], **options)
        oracle = Oracle(recipes.PLAIN, losses.CrossEntropy(), spec)
        if not options:
            oracle.model.freeze("conv1")
        backend.observe_gradients(True)
        rates = RATES[: len(groups)]
        train(backend, rates, count=len(parts))
        report = backend.gradient_report()
        wanted = oracle.train(groups, rates, options.get("clip_norm")).reports[-1]
        label = f"with {options}" if options else "with a frozen layer"
        require(len(report) == len(wanted), f"{label}: {len(report)} parameters reported", f"{len(wanted)}")
        for (name, figures), want in zip(report.items(), wanted, strict=True):
            require(set(figures) == set(want), f"figures {sorted(figures)}", f"{sorted(want)}")
            for figure, value in want.items():
                require_close(f"{label}: {figure} of {name}", figures[figure], value, subject.tolerance)


def observing_changes_nothing(subject: Subject) -> None:
    """A run that is observed ends with the weights of one that is not."""
    seen_model, seen = subject.start(recipes.DROPOUT, optimizer="adam")
    seen.observe_gradients(True)
    model, backend = subject.start(recipes.DROPOUT, optimizer="adam")
    for run in (seen, backend):
        train(run, RATES)
    seen.observe_gradients(False)
    for run in (seen, backend):
        train(run, RATES)
    require_same("weights", subject.weights(seen_model), subject.weights(model))


CHECKS = (frozen_parameters_stay, frozen_batch_norm_stands_still, gradients_are_reported, observing_changes_nothing)
