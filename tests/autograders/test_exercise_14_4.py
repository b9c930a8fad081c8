"""14.4, judged on code that was written from its text alone."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from coursekit.autograders.ch14.e14_4 import Model, Run
from coursekit.grading.judge import judge_bytes
from coursekit.grading.observing import observe_source
from coursekit.grading.registry import answers
from coursekit.grading.report import Report

HEAD = """
import copy
import math
import numpy as np

def fit(model, train_epoch, validate, max_epochs, patience, min_delta):
"""

RIGHT = {
    "plain": """
    best, best_epoch, best_weights, bad, losses = None, None, None, 0, []
    for epoch in range(max_epochs):
        train_epoch(model)
        val = validate(model)
        losses.append(val)
        if not math.isnan(val) and (best is None or val < best - min_delta):
            best, best_epoch, bad = val, epoch + 1, 0
            best_weights = {k: np.copy(v) for k, v in model.state_dict().items()}
        else:
            bad += 1
        if bad == patience:
            break
    model.load_state_dict(best_weights)
    return best_epoch, losses
""",
    "while, and patience that is used up": """
    left, n, losses, level = patience, 0, [], float("inf")
    while left and n < max_epochs:
        n += 1
        train_epoch(model)
        losses.append(validate(model))
        left -= 1
        if level - losses[-1] > min_delta:
            left, level, best_epoch = patience, losses[-1], n
            kept = copy.deepcopy(model)
    model.load_state_dict(kept.state_dict())
    return best_epoch, losses
""",
    "every state on a list": """
    states, losses, better = [], [], []
    while True:
        train_epoch(model)
        states.append({name: value + 0.0 for name, value in model.state_dict().items()})
        losses.append(validate(model))
        if losses[-1] < (losses[better[-1]] if better else np.inf) - min_delta:
            better.append(len(losses) - 1)
        last = better[-1] if better else -1
        if len(losses) == max_epochs or len(losses) - 1 - last == patience:
            break
    model.load_state_dict(states[better[-1]])
    return better[-1] + 1, losses
""",
    "worked out anew each epoch": """
    def best_of(history):
        best = None
        for number, value in enumerate(history, 1):
            if value == value and (best is None or history[best - 1] - value > min_delta):
                best = number
        return best

    history, shelf = [], {}
    for epoch in range(1, 1 + max_epochs):
        train_epoch(model)
        history += [validate(model)]
        shelf[epoch] = [(k, v.tobytes(), v.shape, v.dtype) for k, v in model.state_dict().items()]
        if epoch - (best_of(history) or 0) >= patience:
            break
    winner = best_of(history)
    model.load_state_dict({k: np.frombuffer(b, d).reshape(s) for k, b, s, d in shelf[winner]})
    return winner, history
""",
    "saved to a file in memory": """
    import io
    buffer, losses = None, []
    best_loss, best_epoch, since = math.inf, 0, 0
    for epoch in range(1, max_epochs + 1):
        _ = train_epoch(model)
        loss = validate(model)
        losses.append(float(loss))
        since += 1
        if best_loss - loss > min_delta:
            best_loss, best_epoch, since = loss, epoch, 0
            buffer = io.BytesIO()
            np.savez(buffer, **model.state_dict())
        if since < patience:
            continue
        break
    buffer.seek(0)
    with np.load(buffer) as stored:
        for name, array in model.state_dict().items():
            array[:] = stored[name]
    return np.int64(best_epoch), np.array(losses)
""",
    "try and finally": """
    best = [np.inf, 0, {}]
    losses = []
    try:
        for epoch in range(1, max_epochs + 1):
            train_epoch(model)
            losses.append(validate(model))
            if losses[-1] + min_delta < best[0]:
                best = [losses[-1], epoch, copy.deepcopy(model.state_dict())]
            elif epoch - best[1] >= patience:
                return best[1], losses
        return best[1], losses
    finally:
        model.load_state_dict(best[2])
""",
}

LOOP = """
    best_loss, best_epoch, counter, losses, best_state = math.inf, 0, 0, [], None
    for epoch in range(1, max_epochs + 1):
        training_loss = train_epoch(model)
        val_loss = validate(model)
        losses.append(val_loss)
        if val_loss < best_loss - min_delta:
            best_loss, best_epoch, counter = val_loss, epoch, 0
            best_state = {name: value.copy() for name, value in model.state_dict().items()}
        else:
            counter += 1
            if counter >= patience:
                break
    model.load_state_dict(best_state)
    return best_epoch, losses
"""

WRONG = {
    "a reference for a copy": (
        "best-weights-not-copied",
        ("{name: value.copy() for name, value in model.state_dict().items()}", "model.state_dict()"),
    ),
    "a copy of the dict alone": (
        "best-weights-not-copied",
        ("{name: value.copy() for name, value in model.state_dict().items()}", "model.state_dict().copy()"),
    ),
    "a reference to the model": (
        "best-weights-not-copied",
        ("{name: value.copy() for name, value in model.state_dict().items()}", "model"),
        ("load_state_dict(best_state)", "load_state_dict(best_state.state_dict())"),
    ),
    "nothing put back": ("last-for-best", ("    model.load_state_dict(best_state)\n", "")),
    "returned from the loop": (
        "put-back-at-one-end-only",
        ("                break\n", "                return best_epoch, losses\n"),
    ),
    "put back where it stopped": (
        "put-back-at-one-end-only",
        ("                break\n", "                model.load_state_dict(best_state)\n                break\n"),
        ("    model.load_state_dict(best_state)\n    return", "    return"),
    ),
    "one epoch more": ("patience-one-too-long", ("counter >= patience", "counter > patience")),
    "checked before it is counted": (
        "patience-one-too-long",
        (
            "            counter += 1\n            if counter >= patience:\n                break\n",
            "            if counter >= patience:\n                break\n            counter += 1\n",
        ),
    ),
    "counted from one": (
        "patience-one-too-short",
        ("best_loss, best_epoch, counter = val_loss, epoch, 0", "best_loss, best_epoch, counter = val_loss, epoch, 1"),
    ),
    "all bad epochs": (
        "counter-never-reset",
        ("best_loss, best_epoch, counter = val_loss, epoch, 0", "best_loss, best_epoch = val_loss, epoch"),
    ),
    "any gain": ("min-delta-ignored", ("val_loss < best_loss - min_delta", "val_loss < best_loss")),
    "plus for minus": ("min-delta-of-the-wrong-sign", ("best_loss - min_delta", "best_loss + min_delta")),
    "a gain of just min_delta": (
        "equal-counts-as-better",
        ("val_loss < best_loss - min_delta", "best_loss - val_loss >= min_delta"),
    ),
    "the loss that falls": (
        "training-loss-watched",
        ("        val_loss = validate(model)\n", "        val_loss = training_loss\n"),
    ),
    "higher": (
        "higher-is-better",
        ("val_loss < best_loss - min_delta", "val_loss > best_loss + min_delta"),
        ("= math.inf, 0", "= -math.inf, 0"),
    ),
    "the other branch first": (
        "nan-counts-as-better",
        ("if val_loss < best_loss - min_delta", "if not (val_loss >= best_loss - min_delta)"),
    ),
    "counting from zero": ("epochs-counted-from-zero", ("range(1, max_epochs + 1)", "range(0, max_epochs)")),
    "the last epoch": ("another-epoch-returned", ("return best_epoch", "return epoch")),
    "two mistakes": (
        "patience-one-too-long best-weights-not-copied",
        ("counter >= patience", "counter > patience"),
        ("{name: value.copy() for name, value in model.state_dict().items()}", "dict(model.state_dict())"),
    ),
    "half of the weights": (
        None,
        ("best_state)\n    return", "{**model.state_dict(), 'head.bias': best_state['head.bias']})\n    return"),
    ),
}


def _judged(source: str, seed: int = 11) -> Report:
    return judge_bytes("14.4", observe_source("14.4", source, seed), seed)


def _wrong(name: str) -> Report:
    source = LOOP
    for old, new in WRONG[name][1:]:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return _judged(HEAD + source)


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_gets_full_points(name: str) -> None:
    for seed in (1, 2, 3):
        report = _judged(HEAD + RIGHT[name], seed)
        assert report.passed, report.to_dict()


def test_what_the_mistakes_are_made_in_is_right() -> None:
    assert _judged(HEAD + LOOP).passed


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_loses_points_and_is_named_where_it_is_known(name: str) -> None:
    report = _wrong(name)
    assert report.status == "failed"
    assert {finding.name for finding in report.misconceptions} == set((WRONG[name][0] or "").split())


def test_one_mistake_costs_its_own_points_alone() -> None:
    names = ("one epoch more", "all bad epochs", "any gain", "put back where it stopped", "the other branch first")
    assert {name: _wrong(name).points for name in names} == {
        "one epoch more": 8,
        "all bad epochs": 7,
        "any gain": 7,
        "put back where it stopped": 9,
        "the other branch first": 9,
    }


def test_a_loop_that_never_ends_is_told_so_by_the_run() -> None:
    report = _judged(
        HEAD + "    while True:\n        train_epoch(model)\n        if validate(model) == 0:\n            break\n"
    )
    assert report.points == 0
    assert "far more often than max_epochs" in report.traceback


def test_the_example_in_the_text_is_what_the_solution_does() -> None:
    run = Run(np.random.default_rng(0), [5, 4, 6, 3, 3, 7, 1], 100)
    namespace: dict[str, object] = {}
    exec(answers("14.4").solution, namespace)
    fit = namespace["fit"]
    assert callable(fit)
    assert fit(run.model, run.train_epoch, run.validate, 100, 2, 0) == (4, [5, 4, 6, 3, 3, 7])
    assert run.holds() == "those of epoch 4"


def test_a_state_is_the_models_own_and_loading_one_is_noticed() -> None:
    model = Model({"weight": np.zeros(2)})
    model.state_dict()["weight"] += 1.0
    assert model.state_dict()["weight"].tolist() == [1.0, 1.0]
    model.load_state_dict({"weight": [2.0, 3.0]})
    assert (model.state_dict()["weight"].tolist(), model.loads) == ([2.0, 3.0], [])
    model.load_state_dict(model.state_dict())
    assert model.loads
    with pytest.raises(KeyError):
        model.load_state_dict({})
    with pytest.raises(ValueError, match="shape"):
        model.load_state_dict({"weight": 1.0})


def test_grading_it_needs_no_framework() -> None:
    code = (
        "import sys; from coursekit.grading.judge import judge_bytes; from coursekit.grading.registry import answers;"
        "from coursekit.grading.observing import observe_source;"
        "assert judge_bytes('14.4', observe_source('14.4', answers('14.4').solution, 1), 1).passed;"
        "assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
