"""Checks of states and random streams: what is saved is all there is, and what is borrowed is given back."""

from __future__ import annotations

import json

import numpy as np

from coursekit.backends.conformance import recipes
from coursekit.backends.conformance.learning import RATES
from coursekit.backends.conformance.subject import (
    SEED,
    Subject,
    evaluate,
    require,
    require_different,
    require_same,
    train,
)


def weights_are_copies(subject: Subject) -> None:
    """``get_weights`` gives copies: neither training nor the reader's writing passes from one to the other."""
    model, backend = subject.start(recipes.BATCH_NORM, optimizer="sgd")
    held = backend.get_weights()
    kept = {name: array.copy() for name, array in held.items()}
    train(backend, RATES)
    require_same("weights taken before training", held, kept)
    trained = subject.weights(model)
    for array in backend.get_weights().values():
        array[...] = 0
    require_same("the model, after its copies were written to", subject.weights(model), trained)


def weights_are_put_back_in_place(subject: Subject) -> None:
    """After ``set_weights`` the model is what it was, and the optimizer trains it on from there."""
    model, backend = subject.start(recipes.BATCH_NORM, optimizer="sgd")
    start, evaluated = backend.get_weights(), evaluate(backend).outputs
    kept = {name: array.copy() for name, array in start.items()}
    first = train(backend, RATES).losses
    trained = subject.weights(model)
    backend.set_weights(start)
    require_same("outputs", evaluate(backend).outputs, evaluated)
    require_same("losses of the second run", train(backend, RATES).losses, first)
    require_same("weights after the second run", subject.weights(model), trained)
    require_same("arrays that were put back, after training on", start, kept)


def a_run_is_continued_bit_for_bit(subject: Subject) -> None:
    """A new model, given the state of another, goes on as that one does: weights, slots, step counts, dropout."""
    for recipe, name in ((recipes.DROPOUT, "adam"), (recipes.DROPOUT, "momentum"), (recipes.BATCH_NORM, "rmsprop")):
        model, backend = subject.start(recipe, optimizer=name)
        train(backend, RATES[:2])
        with backend.random_stream(SEED):
            arrays, extra = backend.get_state()
        for key, array in arrays.items():
            require(isinstance(array, np.ndarray), f"{key} of type {type(array).__name__}", "a NumPy array")
        frozen = {key: array.copy() for key, array in arrays.items()}
        text = json.dumps(extra)
        losses = train(backend, RATES[2:], first=2).losses
        require_same("a state that was taken, after training on", arrays, frozen)
        other_model, other = subject.start(recipe, optimizer=name)
        with other.random_stream(SEED):
            other.set_state(frozen, json.loads(text))
        resumed = train(other, RATES[2:], first=2).losses
        require_same(f"{recipe.name}, {name}: losses", resumed, losses)
        require_same(f"{recipe.name}, {name}: weights", subject.weights(other_model), subject.weights(model))


def a_state_replaces_a_state(subject: Subject) -> None:
    """A state may be put back into the run it came from: all that happened since is undone."""
    model, backend = subject.start(recipes.DROPOUT, optimizer="adam")
    train(backend, RATES[:1])
    with backend.random_stream(SEED):
        arrays, extra = backend.get_state()
    first = train(backend, RATES[1:], first=1).losses
    weights = subject.weights(model)
    with backend.random_stream(SEED):
        backend.set_state(arrays, extra)
    require_same("losses", train(backend, RATES[1:], first=1).losses, first)
    require_same("weights", subject.weights(model), weights)


def a_seed_fixes_the_run(subject: Subject) -> None:
    """The same seed gives the same dropout, another seed another; the stream goes on from call to call."""
    runs = {}
    for label, seed in (("first", 1), ("second", 1), ("other", 2), ("none", None)):
        _, backend = subject.start(recipes.DROPOUT, optimizer="sgd")
        runs[label] = train(backend, RATES, seed=seed).losses
    require_same("losses under the same seed", runs["second"], runs["first"])
    require_different("losses under another seed", runs["other"], runs["first"])
    _, backend = subject.start(recipes.DROPOUT, optimizer="sgd")
    parts = [train(backend, [rate], first=first, seed=1).losses for first, rate in enumerate(RATES)]
    require_same("losses, the stream entered four times", np.concatenate(parts), runs["first"])


def the_users_stream_is_left_alone(subject: Subject) -> None:
    """Random numbers that a user draws after a seeded run are those that would have come without it."""
    _, backend = subject.start(recipes.DROPOUT, optimizer="adam")
    subject.seed_user(3)
    first, second = subject.draw_user(), subject.draw_user()
    require_different("two draws", first, second)
    subject.seed_user(3)
    require_same("the first draw", subject.draw_user(), first)
    train(backend, RATES)
    evaluate(backend)
    require_same("the draw after a run", subject.draw_user(), second)


CHECKS = (
    weights_are_copies,
    weights_are_put_back_in_place,
    a_run_is_continued_bit_for_bit,
    a_state_replaces_a_state,
    a_seed_fixes_the_run,
    the_users_stream_is_left_alone,
)
