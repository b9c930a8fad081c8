"""The solution of 14.7, and what its misconceptions change in it."""

from __future__ import annotations

from coursekit.grading.answers import Form, Misconception

SOLUTION = """\
import torch


def fit(model, optimizer, loss_fn, training, validation, epochs):
    history = []
    for _ in range(epochs):
        model.train()
        total, count = 0.0, 0
        for images, labels in training:
            optimizer.zero_grad()
            loss = loss_fn(model(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(labels)
            count += len(labels)

        model.eval()
        unseen, size = 0.0, 0
        with torch.no_grad():
            for images, labels in validation:
                unseen += loss_fn(model(images), labels).item() * len(labels)
                size += len(labels)
        history.append((total / count, unseen / size))
    return history
"""

START = "    history = []\n"
CLEAN = "            optimizer.zero_grad()\n"
LEARN = "        model.train()\n"
MEASURE = "        model.eval()\n"
BATCHES = "        for images, labels in training:\n"
BACK = "            loss.backward()\n"
STEP = "            optimizer.step()\n"
LOSS = "            total += loss.item() * len(labels)\n"
UNSEEN = "unseen += loss_fn(model(images), labels).item() * len(labels)"
SIZE = "                size += len(labels)\n"
RESULT = "history.append((total / count, unseen / size))"
END = "        " + RESULT + "\n"
QUIET = "        with torch.no_grad():\n"

NINE = "Chapter 14, The nine steps"
MEANS = "Chapter 14, Metrics as means over samples"
MODES = "Chapter 14, The nine steps"


def known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, reading: str = NINE, kin: tuple[Form, ...] = ()
) -> Misconception:
    """A misconception in few words."""
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms, kin=kin
    )
