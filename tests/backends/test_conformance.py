"""Every backend passes the conformance suite; and the suite fails backends that are wrong in one thing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coursekit import optimizers
from coursekit.backends import Settings, backend_for, conformance
from coursekit.backends.conformance import learning, recipes
from coursekit.backends.conformance.subjects import SUBJECTS
from coursekit.backends.reference import ReferenceBackend
from coursekit.backends.reference_layers import BatchNorm, Dropout
from coursekit.errors import ConfigurationError, ModelError

CHECKS = {check.__name__: check for check in conformance.checks()}


@pytest.fixture(scope="module", params=list(SUBJECTS))
def subject(request: pytest.FixtureRequest) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if request.param == "torch":
        import torch

        torch.set_num_threads(1)
    return SUBJECTS[request.param]()


@pytest.mark.parametrize("check", CHECKS)
def test_backend_conforms(subject: conformance.Subject, check: str) -> None:
    CHECKS[check](subject)


# The suite itself: each backend below is the reference with one mistake in it, which one check at least must name.


class KeepsTheRateInTheVelocity(ReferenceBackend):
    def _update(self, params: Any, gradients: Any, rate: float) -> None:
        scaled = {name: gradient * rate for name, gradient in gradients.items()}
        super()._update(params, scaled, 1.0)


class AveragesBatchesNotSamples(ReferenceBackend):
    def batch_weight(self, targets: Any) -> float:
        return 1.0 + 0 * len(targets)


class ClipsEachGradientAlone(ReferenceBackend):
    def _update(self, params: Any, gradients: Any, rate: float) -> None:
        most = self.settings.clip_norm
        if most is not None:
            gradients = {n: optimizers.clip_by_global_norm({n: g}, most)[0][n] for n, g in gradients.items()}
        super()._update(params, gradients, rate)


class EvaluatesInTrainMode(ReferenceBackend):
    def evaluate_block(self, block: Any) -> Any:
        forward = self.model.forward
        self.model.forward = lambda x, **_: forward(x, True)  # type: ignore[method-assign]  # the mistake
        try:
            return super().evaluate_block(block)
        finally:
            self.model.forward = forward  # type: ignore[method-assign]  # as above


class TrainsInInferenceMode(ReferenceBackend):
    def train_steps(self, block: Any, learning_rates: Any) -> Any:
        forward = self.model.forward
        self.model.forward = lambda x, **_: forward(x, False)  # type: ignore[method-assign]  # the mistake
        try:
            return super().train_steps(block, learning_rates)
        finally:
            self.model.forward = forward  # type: ignore[method-assign]  # as above


class GivesItsOwnArrays(ReferenceBackend):
    def get_weights(self) -> Any:
        return self.model.weights()


class ForgetsTheOptimizer(ReferenceBackend):
    def set_state(self, arrays: Any, extra: Any) -> None:
        super().set_state(arrays, extra)
        self._state = self.optimizer.init(self.model.parameters())


class ForgetsTheRandomStream(ReferenceBackend):
    def set_state(self, arrays: Any, extra: Any) -> None:
        super().set_state(arrays, {"random": [layer.stream.bit_generator.state for layer in self._dropouts]})


class StartsTheStreamAnew(ReferenceBackend):
    def random_stream(self, seed: int | None) -> Any:
        self._streams = None
        return super().random_stream(seed)


class MovesFrozenParameters(ReferenceBackend):
    def _update(self, params: Any, gradients: Any, rate: float) -> None:
        super()._update(params, gradients, rate)
        for name, value in self.model.parameters().items():
            if name not in params:
                value *= 1 - rate * self.optimizer.weight_decay


class UsesOneRateForTheBlock(ReferenceBackend):
    def train_steps(self, block: Any, learning_rates: Any) -> Any:
        return super().train_steps(block, [learning_rates[0]] * len(learning_rates))


class ReportsAfterClipping(ReferenceBackend):
    def gradient_report(self) -> Any:
        most = self.settings.clip_norm or np.inf
        held = super().gradient_report()
        norm = np.sqrt(sum(figures["gradient"] ** 2 for figures in held.values()))
        factor = min(1.0, most / norm)
        return {n: {**figures, "gradient": figures["gradient"] * factor} for n, figures in held.items()}


class TakesAnyWeights(ReferenceBackend):
    def set_weights(self, arrays: Any) -> None:
        for name, value in self.model.weights().items():
            if name in arrays and arrays[name].shape == value.shape:
                value[...] = arrays[name]


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        (KeepsTheRateInTheVelocity, "optimizers_follow_the_formulas"),
        (AveragesBatchesNotSamples, "batches_count_by_their_samples"),
        (AveragesBatchesNotSamples, "accumulated_batches_are_one_large_batch"),
        (ClipsEachGradientAlone, "gradients_are_clipped_together"),
        (EvaluatesInTrainMode, "evaluation_is_the_formula"),
        (EvaluatesInTrainMode, "evaluation_leaves_no_trace"),
        (TrainsInInferenceMode, "training_is_another_mode"),
        (TrainsInInferenceMode, "batch_norm_follows_the_formula"),
        (GivesItsOwnArrays, "weights_are_copies"),
        (ForgetsTheOptimizer, "a_run_is_continued_bit_for_bit"),
        (ForgetsTheRandomStream, "a_state_replaces_a_state"),
        (StartsTheStreamAnew, "a_seed_fixes_the_run"),
        (StartsTheStreamAnew, "blocks_do_not_matter"),
        (MovesFrozenParameters, "frozen_parameters_stay"),
        (UsesOneRateForTheBlock, "every_step_has_its_rate"),
        (ReportsAfterClipping, "gradients_are_reported"),
        (TakesAnyWeights, "weights_of_another_model_are_refused"),
    ],
)
def test_the_suite_finds(wrong: type[ReferenceBackend], check: str) -> None:
    report = conformance.run(replace(SUBJECTS["reference"](), backend=wrong), [CHECKS[check]])
    assert not report.passed
    assert "Traceback" not in str(report)  # found, not stumbled upon


def test_layers_that_are_wrong_are_found() -> None:
    def with_layer(change: Callable[[Any], None]) -> conformance.Subject:
        own = SUBJECTS["reference"]()

        def build(recipe: Any, weights: Any) -> Any:
            model = own.build(recipe, weights)
            for layer in model.layers.values():
                change(layer)
            return model

        return replace(own, build=build)

    def keras_variance(layer: Any) -> None:
        if isinstance(layer, BatchNorm):
            layer.unbiased = False

    def scaled_wrongly(layer: Any) -> None:
        if isinstance(layer, Dropout):
            layer.forward = lambda x, _: (x * 0.5, lambda dy: (dy * 0.5, {}))

    for change, check in (
        (keras_variance, "batch_norm_follows_the_formula"),
        (scaled_wrongly, "evaluation_is_the_formula"),
    ):
        assert not conformance.run(with_layer(change), [CHECKS[check]]).passed


def test_the_table_names_what_failed() -> None:
    report = conformance.run(replace(SUBJECTS["reference"](), backend=ClipsEachGradientAlone))
    assert [result.check for result in report.results] == list(CHECKS)
    assert "FAIL  gradients_are_clipped_together" in str(report)
    assert f"reference: {sum(r.passed for r in report.results)} of {len(CHECKS)} checks passed" in str(report)
    assert all(result.meaning for result in report.results)


def test_a_backend_that_breaks_down_is_a_result() -> None:
    class Unfinished(ReferenceBackend):
        def train_steps(self, block: Any, learning_rates: Any) -> Any:
            raise NotImplementedError

    report = conformance.run(replace(SUBJECTS["reference"](), backend=Unfinished), learning.CHECKS)
    assert not any(result.passed for result in report.results)
    assert "NotImplementedError" in report.results[0].problem


def test_reference_model_needs_no_framework() -> None:
    code = (
        "import sys, numpy as np\n"
        "from coursekit.backends import Settings, backend_for\n"
        "from coursekit.backends.reference import ReferenceModel\n"
        "from coursekit.backends.reference_layers import Dense, Flatten\n"
        "backend = backend_for(ReferenceModel([Flatten(), Dense(64, 3)]), Settings())\n"
        "assert backend.predict(np.zeros((2, 8, 8, 1), np.float32)).shape == (2, 3)\n"
        "assert not {'torch', 'tensorflow', 'keras', 'sklearn', 'scipy'} & set(sys.modules), sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"device": "cpu"},
        {"compile": True},
        {"channels_last": True},
        {"strategy": object()},
        {"precision": "bf16"},
        {"loss": lambda *_: 0.0},
        {"optimizer": object()},
    ],
)
def test_the_reference_refuses_what_only_frameworks_can(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        backend_for(recipes.PLAIN.reference(), Settings(**settings))


def test_a_model_of_no_framework_is_refused() -> None:
    with pytest.raises(ModelError):
        backend_for(object(), Settings())


def test_the_page_on_backends_is_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backends.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code, {"__name__": "page"})
    for path in re.findall(r"`((?:coursekit|tests)/[\w/.]+)`", page):
        assert (Path(__file__).parents[2] / path).exists(), path
