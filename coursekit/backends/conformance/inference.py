"""Checks of evaluation: exact, repeatable, and without a trace."""

from __future__ import annotations

import json

import numpy as np

from coursekit import losses
from coursekit.backends.conformance import recipes
from coursekit.backends.conformance.learning import RATES, WEIGHTED
from coursekit.backends.conformance.subject import (
    SEED,
    Subject,
    evaluate,
    require,
    require_close,
    require_different,
    require_same,
    train,
)


def evaluation_is_the_formula(subject: Subject) -> None:
    """Outputs and losses in inference mode are the oracle's: running statistics, no dropout."""
    for recipe in (recipes.PLAIN, recipes.DROPOUT, recipes.BATCH_NORM):
        _, backend = subject.start(recipe)
        fetched = evaluate(backend)
        oracle = recipe.reference()
        oracle.set_weights(recipe.weights())
        outputs = [oracle(images) for images, _ in recipes.batches()]
        wanted = [losses.CrossEntropy()(o, y) for o, (_, y) in zip(outputs, recipes.batches(), strict=True)]
        require_close(f"{recipe.name}: outputs", fetched.outputs, np.concatenate(outputs), subject.tolerance)
        require_close(f"{recipe.name}: losses", fetched.losses, wanted, subject.tolerance)


def evaluation_leaves_no_trace(subject: Subject) -> None:
    """Evaluating changes no weight, statistic, slot, gradient, mode or random stream, and repeats itself exactly."""
    for recipe in (recipes.DROPOUT, recipes.BATCH_NORM):
        model, backend = subject.start(recipe, optimizer="adam")
        undisturbed_model, undisturbed = subject.start(recipe, optimizer="adam")
        subject.set_uneven_modes(model)
        modes = subject.modes(model)
        for run in (backend, undisturbed):
            train(run, RATES[:2])
        require(subject.modes(model) == modes, "train mode that outlasts training", "every module's own mode restored")
        gradients = subject.gradients(model)
        subject.seed_user(11)
        first, second = subject.draw_user(), subject.draw_user()
        subject.seed_user(11)
        require_same("a user's random numbers", subject.draw_user(), first)
        with backend.random_stream(SEED):
            arrays, extra = backend.get_state()
            found = evaluate(backend)
            with backend.evaluating():
                backend.predict(recipes.dataset().images)
            again = evaluate(backend)
            arrays_after, extra_after = backend.get_state()
        require_same("the user's random stream", subject.draw_user(), second)
        require_same("outputs, evaluated twice", again.outputs, found.outputs)
        require_same("state after evaluation", arrays_after, arrays)
        require(json.dumps(extra_after) == json.dumps(extra), "state that changed", "the same JSON")
        require(subject.modes(model) == modes, "inference mode that outlasts evaluation", "every module's own mode")
        for before, after in zip(gradients, subject.gradients(model), strict=True):
            require_same("gradients", after, before)
        for run in (backend, undisturbed):
            train(run, RATES[2:], first=2)
        require_same("weights trained on", subject.weights(model), subject.weights(undisturbed_model))


def training_is_another_mode(subject: Subject) -> None:
    """In training dropout drops, each time others, and batch norm uses the batch; evaluation does neither."""
    _, backend = subject.start(recipes.DROPOUT, optimizer="sgd")
    inferred = evaluate(backend).outputs
    once, twice = train(backend, [0.0] * 4).outputs, train(backend, [0.0] * 4).outputs
    require_different("outputs with and without dropout", once, inferred)
    require_different("outputs under two draws of dropout", twice, once)
    require_same("outputs in inference, before and after training at rate 0", evaluate(backend).outputs, inferred)
    model, backend = subject.start(recipes.BATCH_NORM, optimizer="sgd")
    before, inferred = subject.weights(model), evaluate(backend).outputs
    require_different("outputs by running and by batch statistics", train(backend, [0.0] * 4).outputs, inferred)
    require_different(
        "running mean after training", subject.weights(model)["bn.running_mean"], before["bn.running_mean"]
    )


def predictions_are_the_outputs(subject: Subject) -> None:
    """``predict`` gives (n, classes) float32, the outputs of evaluation, for any number of images."""
    _, backend = subject.start(recipes.PLAIN)
    own = recipes.loader()
    images = own.dataset.images[own.order(0)]
    evaluated = evaluate(backend).outputs
    for count in (1, 7, len(images)):
        with backend.evaluating():
            predicted = backend.predict(images[:count])
        require(isinstance(predicted, np.ndarray), f"predictions of type {type(predicted).__name__}", "a NumPy array")
        require(predicted.dtype == np.float32, f"predictions in {predicted.dtype}", "float32")
        require(
            predicted.shape == (count, recipes.CLASSES), f"shape {predicted.shape}", f"({count}, {recipes.CLASSES})"
        )
        require_close("predictions", predicted, evaluated[:count], subject.tolerance)
    _, backend = subject.start(recipes.PER_PIXEL, loss="pixelwise_cross_entropy")
    with backend.evaluating():
        maps = backend.predict(images[:2])
    require(maps.shape == (2, 8, 8, 3), f"maps of shape {maps.shape}", "(2, 8, 8, 3): the class axis last")


def results_have_their_shapes(subject: Subject) -> None:
    """Fetched results: losses (batches,) float64, outputs (n, classes) float32, targets in the loader's order."""
    _, backend = subject.start(recipes.PLAIN, optimizer="sgd")
    for fetched in (train(backend, RATES), evaluate(backend)):
        require(fetched.losses.dtype == np.float64, f"losses in {fetched.losses.dtype}", "float64")
        require(fetched.outputs.dtype == np.float32, f"outputs in {fetched.outputs.dtype}", "float32")
        require(fetched.losses.shape == (recipes.BATCHES,), f"losses {fetched.losses.shape}", "one per batch")
        require_same("targets", fetched.targets, np.concatenate([y for _, y in recipes.batches()]))
        shape = (recipes.SAMPLES, recipes.CLASSES)
        require(fetched.outputs.shape == shape, f"outputs {fetched.outputs.shape}", f"{shape}")


def batches_count_by_their_samples(subject: Subject) -> None:
    """A ragged batch counts for its samples; under class weights, for their sum: the mean of an epoch is exact."""
    for loss in (losses.CrossEntropy(), WEIGHTED):
        _, backend = subject.start(recipes.PLAIN, loss=loss, optimizer="sgd")
        wanted = [loss.batch_weight(y) for _, y in recipes.batches()]
        evaluated = evaluate(backend)
        for fetched in (evaluated, train(backend, RATES)):
            require_close(f"{loss}: weights", fetched.weights, wanted, 1e-6)
        single = [backend.batch_weight(y) for _, y in recipes.batches()]
        require_close(f"{loss}: batch_weight", single, wanted, 1e-6)
        mean = (evaluated.losses * evaluated.weights).sum() / evaluated.weights.sum()
        all_targets = np.concatenate([y for _, y in recipes.batches()])
        whole = loss(evaluated.outputs.astype(np.float64), all_targets)
        require_close(f"{loss}: mean over the epoch", mean, whole, subject.tolerance)


def one_process_is_all_of_them(subject: Subject) -> None:
    """Without a distributed run, the rank is 0 of 1 and a sum over processes is the values themselves."""
    _, backend = subject.start(recipes.PLAIN)
    require((backend.rank, backend.world) == (0, 1), f"rank {backend.rank} of {backend.world}", "0 of 1")
    values = np.array([0.1, -2.0, 1e300])
    require_same("all_reduce", backend.all_reduce(values.copy()), values)


CHECKS = (
    evaluation_is_the_formula,
    evaluation_leaves_no_trace,
    training_is_another_mode,
    predictions_are_the_outputs,
    results_have_their_shapes,
    batches_count_by_their_samples,
    one_process_is_all_of_them,
)
