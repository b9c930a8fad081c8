"""``Trainer.state_dict``: a fit from a state that was put back is the fit that was made from there."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from coursekit.data import ArrayDataset
from coursekit.training import Trainer

RNG = np.random.default_rng(0)
DATA = ArrayDataset(RNG.random((40, 6, 6, 1), np.float32), np.arange(40) % 2, ("a", "b"))


def trainer() -> Trainer:
    torch.set_num_threads(1)
    torch.manual_seed(3)
    layers = [torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten(), torch.nn.Dropout(0.4)]
    return Trainer(torch.nn.Sequential(*layers, torch.nn.Linear(64, 2)), optimizer="adam", learning_rate=0.01, seed=1)


def fitted(who: Trainer) -> tuple[dict[str, Any], dict[str, Any]]:
    history = who.fit(DATA, epochs=2, batch_size=16, progress=False)
    return dict(history), who.backend.get_weights()


def test_a_fit_from_a_state_put_back_is_the_same_to_the_last_bit() -> None:
    who = trainer()
    fitted(who)  # in the midst: the optimizer has moments, the random stream has moved, epochs are counted
    state = who.state_dict()
    history, weights = fitted(who)
    without = fitted(who)[1]
    who.load_state_dict(state)
    again, same = fitted(who)
    assert again == history
    assert all(np.array_equal(same[name], weights[name]) for name in weights)
    assert any(not np.array_equal(without[name], weights[name]) for name in weights)
