# right: Trainer class with small methods

import torch
from typing import Callable


class Trainer:
    def __init__(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer, loss_fn: Callable):
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn

    def prepare(self):
        for module in self.model.modules():
            module.training = True
        self.optimizer.zero_grad(set_to_none=True)
        return self

    def forward(self, images, labels):
        self.loss = self.loss_fn(self.model(images), labels)
        return self

    def backward(self):
        torch.autograd.backward([self.loss])
        return self

    def step(self):
        self.optimizer.step()
        return self

    def result(self) -> float:
        return float(self.loss.detach())


def train_step(model, optimizer, loss_fn, images, labels) -> float:
    return Trainer(model, optimizer, loss_fn).prepare().forward(images, labels).backward().step().result()
