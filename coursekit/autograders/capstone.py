"""How 13.7 is observed: eight functions, each on inputs of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.autograders.drawn_curves import epoch_curves, loss_curves
from coursekit.grading.student import Student
from coursekit.grading.values import Plain, plain

NETWORK = ("shapes", "outputs", "convolution", "linear", "loss", "unseen", "still")


def observe(student: Student, rng: np.random.Generator) -> dict[str, Plain]:
    """Each function on its own: what one of them does wrong changes no other's inputs."""
    scenes = {
        "networks": _networks,
        "optimizers": _optimizers,
        "training": _training,
        "means": _means,
        "binary": _binary,
        "sweep": _sweep,
        "best": _best,
        "compared": _compared,
    }
    seen = {}
    for (name, scene), own in zip(scenes.items(), rng.spawn(len(scenes)), strict=True):
        seen[name] = scene(student, own)
    return seen


def _networks(student: Student, rng: np.random.Generator) -> Plain:
    from coursekit.autograders.capstone_scene import SIZE, look_at_network, seed_first_weights, shapes_of

    seed_first_weights(rng)
    pixels = (2.0 * rng.standard_normal((2, 8, 3, SIZE, SIZE))).astype(np.float32)
    grey = pixels[0, :, :1]
    large = student.outcome("build_cnn", 3, 10, read=_using(student, lambda model: look_at_network(model, pixels, 10)))
    small = student.outcome("build_cnn", 1, 4, read=_using(student, lambda model: shapes_of(model, grey)))
    nothing = large if "raised" in large else "not tried"
    return dict.fromkeys(NETWORK, nothing) | large | {"other": small}


def _using(student: Student, use: Any) -> Any:
    # What is returned runs only when it is used, and an error in it is the student's.
    def read(value: Any) -> Plain:
        try:
            return use(value)
        except Exception as error:
            return {"raised": student.note(error)}

    return read


def _optimizers(student: Student, rng: np.random.Generator) -> Plain:
    from coursekit.autograders.capstone_scene import steps_of

    seen = {}
    for name in ("sgd", "adam"):
        for decay in ((), (float(rng.uniform(0.1, 0.3)),)):
            model, drive = steps_of(rng)
            rate = float(rng.uniform(0.02, 0.2))
            outcome = student.outcome("make_optimizer", name, model, rate, *decay, read=_using(student, drive))
            seen[name + "_decay" * bool(decay)] = outcome
    return seen


def _training(student: Student, rng: np.random.Generator) -> Plain:
    from coursekit.autograders.capstone_scene import Training, read_losses

    def run(scene: Training, epochs: int) -> Plain:
        return student.outcome(
            "train", scene.model, scene.loss_fn, scene.optimizer, scene.batches, epochs, read=read_losses
        )

    learning, frozen, first = Training(rng, 0.2, "dropout"), Training(rng, 0.0), Training(rng, 0.5, sizes=(5,))
    trained, constant, once = run(learning, 3), run(frozen, 2), run(first, 1)
    return {
        "weights": trained if "raised" in trained else learning.weights(),
        "frozen": constant.get("values", constant),
        "before": once.get("values", once),
        "kinds": [one.get("kinds", one) for one in (trained, constant, once)],
    }


def _means(student: Student, rng: np.random.Generator) -> Plain:
    seen = []
    for sizes, epochs in (([8, 8, 3], 3), ([5, 2], 1)):
        losses = [float(loss) for loss in rng.uniform(0.2, 2.5, len(sizes) * epochs)]
        seen.append(student.outcome("epoch_means", losses, sizes, read=_numbers))
    return seen


def _numbers(value: Any) -> Plain:
    # A list, a tuple or a NumPy array of the numbers, whatever kind of number they are.
    return plain([entry.item() if hasattr(entry, "item") else entry for entry in value])


def _binary(student: Student, rng: np.random.Generator) -> Plain:
    from coursekit.autograders.capstone_scene import binary_case

    seen = {}
    cases = {"one": ([-2], 1.0), "several": ([1, -1, 2, -2, 1], 1.5), "large": ([1, -1, 2, -2], 200.0)}
    for name, (signs, scale) in cases.items():
        logits, labels, read = binary_case(rng, signs, scale)
        seen[name] = student.outcome("binary_loss", logits, labels, read=_using(student, read))
    return seen


def _sweep(student: Student, rng: np.random.Generator) -> Plain:
    from coursekit.autograders.capstone_scene import Sweep, read_curves, seed_first_weights

    seed_first_weights(rng)
    scene = Sweep(rng)
    rates = [float(rate) for rate in rng.permutation([0.5, 0.05, 0.005]) * rng.uniform(0.8, 1.2)]
    curves = student.outcome("learning_rate_sweep", scene.training.model, scene.run, rates, read=read_curves)
    return {"curves": curves, "model": scene.after() if type(curves) is list else curves}


def _best(student: Student, rng: np.random.Generator) -> Plain:
    return [student.outcome("best_rate", curves) for curves in epoch_curves(rng)]


def _compared(student: Student, rng: np.random.Generator) -> Plain:
    seen: dict[str, list[Plain]] = {"faster": [], "oscillates": []}
    for curves, threshold in loss_curves(rng):
        found = student.outcome("compare", curves, threshold)
        for name in seen:
            seen[name].append(found.get(name, "nothing") if type(found) is dict and "raised" not in found else found)
    return seen
