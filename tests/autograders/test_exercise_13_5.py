"""13.5, judged on code that was written from its text alone."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.autograders.ch13.e13_5 import STARTER
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.report import Report

SOFT_HEAD = 'keras.layers.Dense(5, activation="softmax")'
TRUE = "SparseCategoricalCrossentropy(from_logits=True)"
FALSE = "SparseCategoricalCrossentropy()"
SHARES = '''sum to one."""
    return model.predict(images, verbose=0)'''
LOGITS = STARTER.replace(SOFT_HEAD, "keras.layers.Dense(5)")
MENDED = LOGITS.replace(SHARES, SHARES.replace("return ", "z = ") + "\n    return keras.ops.softmax(z).numpy()")

RIGHT = {
    "two lines": MENDED,
    "a layer for the softmax": LOGITS.replace(
        SHARES,
        SHARES.replace(
            "return model.predict(images, verbose=0)", "return keras.layers.Softmax()(model(images)).numpy()"
        ),
    ),
    "SciPy": "from scipy.special import softmax\n"
    + LOGITS.replace(SHARES, SHARES.replace("return ", "z = ") + "\n    return softmax(z, axis=1)"),
    "a model around the model": LOGITS.replace(
        SHARES,
        SHARES.replace(
            "return model.predict(images, verbose=0)",
            "around = keras.Sequential([model, keras.layers.Softmax()])\n    return around.predict(images, verbose=0)",
        ),
    ),
    "one-hot labels for mean_loss": MENDED.replace(
        "    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)\n"
        "    return float(loss(labels, model.predict(images, verbose=0)))",
        "    wanted = keras.utils.to_categorical(labels, 5)\n"
        "    losses = keras.losses.categorical_crossentropy(wanted, model(images), from_logits=True)\n"
        "    return losses.numpy().mean()",
    ),
}

WRONG = {
    "both halves": ("logits-without-from-logits", 4, MENDED.replace(TRUE, FALSE)),
    "from_logits taken away": ("log-of-softmax", 9, STARTER.replace(TRUE, FALSE)),
    "softmax taken away": ("logits-as-probabilities", 8, LOGITS),
    "the compiled loss alone": (
        "softmax-before-logits-loss",
        6,
        STARTER.replace("loss=keras.losses." + TRUE, 'loss="sparse_categorical_crossentropy"'),
    ),
    "mean_loss alone": (
        "rescued-in-training",
        9,
        STARTER.replace("float(loss(labels, model.predict(images, verbose=0)))", "model.test_on_batch(images, labels)"),
    ),
    "one more on top": ("softmax-twice-everywhere", 3, MENDED.replace("keras.layers.Dense(5)", SOFT_HEAD)),
    "a tensor": ("tensor-for-array", 9, MENDED.replace("keras.ops.softmax(z).numpy()", "keras.ops.softmax(z)")),
    "columns": ("softmax-over-the-batch", 8, MENDED.replace("keras.ops.softmax(z)", "keras.ops.softmax(z, axis=0)")),
    "another network": (None, None, MENDED.replace("Dense(16", "Dense(32")),
    "not compiled": (None, None, MENDED.replace("    model.compile(", "    dict(")),
}


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("13.5", observe_source("13.5", source, seed), seed)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    report = _judged(RIGHT[name])
    assert report.passed, report.to_dict()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    named, points, source = WRONG[name]
    assert source != STARTER
    report = _judged(source)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((named or "").split())
    if points is not None:
        assert report.points == points


def test_the_starter_is_no_attempt() -> None:
    assert _judged(STARTER).status == "not attempted"
    assert (
        _judged(STARTER.replace("    model.compile(", "    # Is this right?\n    model.compile(")).status
        == "not attempted"
    )


def test_the_starter_has_the_bug_that_the_text_tells_of() -> None:
    import keras
    import numpy as np

    namespace: dict[str, Any] = {}
    exec(STARTER, namespace)
    keras.utils.set_random_seed(3)
    model = namespace["build_model"]()
    rng = np.random.default_rng(3)
    images, labels = 5.0 * rng.standard_normal((8, 6, 6, 1)).astype(np.float32), np.arange(8) % 5
    with pytest.warns(UserWarning, match="not represent logits"):
        reported = model.evaluate(images, labels, verbose=0)
    shares = namespace["probabilities"](model, images)
    assert reported == pytest.approx(-np.log(shares[np.arange(8), labels]).mean(), rel=1e-3)
    assert abs(namespace["mean_loss"](model, images, labels) - reported) > 0.01
