"""The solution of 14.3, and what its misconceptions change in it."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form, Misconception

SOLUTION = """\
import torch


def evaluate(model, loss_fn, batches):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    total, correct, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            outputs = model(images)
            total += loss_fn(outputs, labels).item() * len(labels)
            correct += (outputs.argmax(dim=1) == labels).sum().item()
            count += len(labels)
    for module, training in modes:
        module.training = training
    return total / count, correct / count
"""

MEANS = "Chapter 14, Metrics as means over samples"
MODES = "Chapter 14, The nine steps"
GRADIENTS = "Chapter 14, The nine steps"
LOSSES = "Chapter 13, Logits against probabilities"

LOSS = "total += loss_fn(outputs, labels).item() * len(labels)"
HITS = "correct += (outputs.argmax(dim=1) == labels).sum().item()"
COUNT = "            count += len(labels)\n"
RESULT = "return total / count, correct / count"
KEEP = "    modes = [(module, module.training) for module in model.modules()]\n"
BACK = "    for module, training in modes:\n        module.training = training\n"
ARGMAX = "(outputs.argmax(dim=1) == labels)"


def known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, reading: str = MEANS, kin: tuple[Form, ...] = ()
) -> Misconception:
    """A misconception in few words."""
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms, kin=kin
    )


def result(what: str) -> Edit:
    """Something else is returned."""
    return Edit((RESULT, f"return {what}"))
