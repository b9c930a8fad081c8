"""Figures do not depend on how the engine grouped batches into blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit.backends.reference import ReferenceModel
from coursekit.backends.reference_layers import Dense, Flatten
from coursekit.training.pace import Pace


def spread(outputs: Any, targets: Any) -> float:
    """Not a mean over samples: it has another value for two batches together than for each."""
    del targets
    return float(np.std(outputs))


def fit(monkeypatch: pytest.MonkeyPatch, length: int) -> Any:
    monkeypatch.setattr(Pace, "batches", lambda *_: length)
    rng = np.random.default_rng(0)
    data = ck.data.ArrayDataset(rng.random((50, 4, 4, 1), dtype=np.float32), np.arange(50) % 3)
    model = ReferenceModel([Flatten(), Dense(16, 3)], seed=0)
    trainer = ck.Trainer(model, metrics=[spread, "accuracy", "f1"], learning_rate=0.1)
    return trainer.fit(data, data[:20], epochs=2, batch_size=8, progress=False)


@pytest.mark.filterwarnings("ignore:.*also in the training set")
def test_block_length_changes_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    one, many = fit(monkeypatch, 1), fit(monkeypatch, 64)
    assert one.to_json() == many.to_json()
