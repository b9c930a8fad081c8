"""Answers to 14.1."""

from __future__ import annotations

from coursekit.autograders.ch14.e14_1 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    outputs = model(images)
    loss = loss_fn(outputs, labels)
    loss.backward()
    optimizer.step()
    return loss.item()
"""

_STEPS = "Chapter 14, The nine steps"
_MODES = "Chapter 14, The nine steps"
_LOSSES = "Chapter 13, Logits against probabilities"


def _gradient_clipped(*limits: tuple[str, float]) -> tuple[Edit, ...]:
    call = "    torch.nn.utils.clip_grad_{}_(model.parameters(), {})"
    return tuple(
        Edit(("loss.backward()", f"loss.backward()\n    import torch\n{call.format(how, limit)}"))
        for how, limit in limits
    )


MISCONCEPTIONS = (
    Misconception(
        name="no-zero-grad",
        title="Gradients pile up from batch to batch",
        explanation="backward() adds to parameter.grad. Without clearing, each step uses the sum of all gradients so "
        "far: the "
        "steps grow, and old batches pull as hard as the new one.",
        hint="What does parameter.grad hold when the second batch arrives?",
        reading=_STEPS,
        forms=(Edit(("optimizer.zero_grad()", "pass")),),
    ),
    Misconception(
        name="zero-grad-before-step",
        title="The gradients are cleared between backward and step",
        explanation="The optimizer finds no gradient and leaves every weight as it is. The loss is computed, and "
        "nothing is learned.",
        hint="What does the optimizer find in parameter.grad at the moment of its step?",
        reading=_STEPS,
        forms=(
            Edit(
                ("    optimizer.zero_grad()\n", ""), ("loss.backward()", "loss.backward()\n    optimizer.zero_grad()")
            ),
            Edit(
                ("    optimizer.zero_grad()\n", ""),
                ("loss.backward()", "loss.backward()\n    optimizer.zero_grad(set_to_none=False)"),
            ),
        ),
    ),
    Misconception(
        name="step-before-backward",
        title="The optimizer steps before the gradients of the batch exist",
        explanation="step() uses what stands in parameter.grad. Before backward() that is nothing, or the gradient "
        "of the batch before.",
        hint="Which of the two calls needs what the other one makes?",
        reading=_STEPS,
        forms=(
            Edit(("    loss.backward()\n    optimizer.step()\n", "    optimizer.step()\n    loss.backward()\n")),
            Edit(
                ("    optimizer.zero_grad()\n", ""),
                (
                    "    loss.backward()\n    optimizer.step()\n",
                    "    optimizer.step()\n    optimizer.zero_grad()\n    loss.backward()\n",
                ),
            ),
            Edit(
                ("    optimizer.zero_grad()\n", "    optimizer.step()\n    optimizer.zero_grad()\n"),
                ("    loss.backward()\n    optimizer.step()\n", "    loss.backward()\n"),
            ),
            Edit(
                ("    optimizer.zero_grad()\n", ""),
                ("    loss.backward()\n    optimizer.step()\n", "    optimizer.step()\n    loss.backward()\n"),
            ),
        ),
    ),
    Misconception(
        name="no-step",
        title="The optimizer never steps",
        explanation="The gradients are computed and never used: the weights stay as they were, and the loss stays "
        "flat.",
        hint="Who changes the weights, and when is it asked to?",
        reading=_STEPS,
        forms=(Edit(("optimizer.step()", "pass")),),
    ),
    Misconception(
        name="no-backward",
        title="No gradient is ever computed from the loss of the network",
        explanation="Without backward() on the loss that the network gave (not on a copy cut off from it), "
        "parameter.grad is empty and "
        "step() does nothing.",
        hint="Where do the gradients come from?",
        reading=_STEPS,
        forms=(
            Edit(("loss.backward()", "pass")),
            Edit(("loss.backward()", "loss.detach().requires_grad_().backward()")),
        ),
    ),
    Misconception(
        name="softmax-before-loss",
        title="The outputs go through a softmax before the loss",
        explanation="The loss takes logits and has its softmax inside. Twice, the outputs are squeezed into [0, 1] "
        "first: the loss "
        "cannot come near zero and the gradients are small. It learns, slowly, and nobody says why.",
        hint="What does loss_fn expect: logits or probabilities?",
        reading=_LOSSES,
        forms=(
            Edit(("outputs = model(images)", "outputs = model(images).softmax(dim=1)")),
            Edit(("outputs = model(images)", "outputs = model(images).log_softmax(dim=1)")),
            Edit(("outputs = model(images)", "outputs = model(images).sigmoid()")),
        ),
    ),
    Misconception(
        name="softmax-over-batch",
        title="A softmax over the batch stands before the loss",
        explanation="Besides being one softmax too many, it runs along the wrong axis: the images of a batch compete "
        "with each other.",
        hint="Which axis holds the classes, and who needs probabilities here?",
        reading=_LOSSES,
        forms=(
            Edit(("outputs = model(images)", "outputs = model(images).softmax(dim=0)")),
            Edit(("outputs = model(images)", "outputs = model(images).log_softmax(dim=0)")),
        ),
    ),
    Misconception(
        name="argmax-before-loss",
        title="The loss gets predicted classes instead of outputs",
        explanation="argmax has no gradient: a class number says nothing about how to change the weights.",
        hint="What shape does loss_fn expect as its first argument?",
        reading=_LOSSES,
        forms=(
            Edit(("outputs = model(images)", "outputs = model(images).argmax(dim=1)")),
            Edit(("outputs = model(images)", "outputs = model(images).argmax(dim=1).float()")),
        ),
    ),
    Misconception(
        name="relu-before-loss",
        title="The outputs go through a ReLU before the loss",
        explanation="Every negative logit becomes zero and gets no gradient any more: a class once below zero is not "
        "learned.",
        hint="May a logit be negative?",
        reading=_LOSSES,
        forms=(),
        # Where every logit of a batch happens to be negative, there is no gradient at all, and one more check fails.
        kin=(Edit(("outputs = model(images)", "outputs = model(images).relu()")),),
    ),
    Misconception(
        name="loss-clipped",
        title="The loss is clipped",
        explanation="A clipped loss is constant where it was large: there, of all places, its gradient is zero. What "
        "can be clipped "
        "against too long steps is the gradient.",
        hint="What is the derivative of min(loss, 1) where the loss is 5?",
        reading="Chapter 13, Clipping by global norm",
        forms=tuple(
            Edit(("loss = loss_fn(outputs, labels)", f"loss = loss_fn(outputs, labels).clamp({limit})"))
            for limit in ("max=10.0", "max=100.0")
        ),
        kin=tuple(
            Edit(("loss = loss_fn(outputs, labels)", f"loss = loss_fn(outputs, labels).clamp({limit})"))
            for limit in ("max=1.0", "max=5.0", "0, 1", "max=2.0")
        ),
    ),
    Misconception(
        name="gradient-clipped",
        title="The gradients are clipped, which nobody asked for",
        explanation="Clipping by norm changes every step whose gradient is long. It is a cure for exploding "
        "gradients, and a decision "
        "that belongs to whoever sets up the training.",
        hint="Compare your step with the plain one for a very large loss.",
        reading="Chapter 13, Clipping by global norm",
        forms=_gradient_clipped(("value", 1.0), ("norm", 0.1)),
        kin=_gradient_clipped(
            ("norm", 1.0), ("norm", 5.0), ("norm", 0.5), ("norm", 2.0), ("norm", 10.0), ("value", 0.5), ("value", 5.0)
        ),
    ),
    Misconception(
        name="sum-for-mean",
        title="The gradient is that of a sum over the batch",
        explanation="The step grows with the batch size: a rate that suits 32 images is too high for 256, and a "
        "ragged last batch weighs less.",
        hint="Does your step become longer with more images?",
        reading="Chapter 13, Batch size and the scaling rule",
        forms=(
            Edit(("loss = loss_fn(outputs, labels)", "loss = loss_fn(outputs, labels) * len(images)")),
            Edit(("loss.backward()", "(loss * len(images)).backward()")),
        ),
    ),
    Misconception(
        name="divided-twice",
        title="The mean is divided by the batch size once more",
        explanation="loss_fn gives a mean already. Divided again, every step is too short by the size of the batch.",
        hint="Is what loss_fn returns a sum or a mean?",
        reading="Chapter 13, Batch size and the scaling rule",
        forms=(
            Edit(("loss = loss_fn(outputs, labels)", "loss = loss_fn(outputs, labels) / len(images)")),
            Edit(("loss.backward()", "(loss / len(images)).backward()")),
        ),
    ),
    Misconception(
        name="returns-the-sum",
        title="The loss is returned multiplied by the batch size",
        explanation="The step is right; the number given back is a sum over the images where the mean was asked for.",
        hint="Compare what you return with what loss_fn gives.",
        reading="Chapter 14, Metrics as means over samples",
        forms=(
            Edit(("return loss.item()", "return loss.item() * len(images)")),
            Edit(("return loss.item()", "return loss.item() / len(images)")),
        ),
    ),
    Misconception(
        name="flipped-sign",
        title="The loss is climbed, not descended",
        explanation="The optimizer goes downhill on whatever backward() was called on. With the sign flipped the "
        "loss grows with every step.",
        hint="Does the loss of the same batch fall after a step?",
        reading="Chapter 13, The loss as elevation",
        forms=(
            Edit(("loss = loss_fn(outputs, labels)", "loss = -loss_fn(outputs, labels)")),
            Edit(("loss.backward()", "(-loss).backward()")),
        ),
    ),
    Misconception(
        name="evaluation-mode",
        title="The model learns in evaluation mode",
        explanation="After an evaluation the model stays in evaluation mode until train() is called: dropout is off "
        "and batch norm "
        "uses its running statistics while it learns.",
        hint="In which mode does the model arrive after a validation loop?",
        reading=_MODES,
        forms=(Edit(("model.train()", "pass")), Edit(("model.train()", "model.eval()"))),
    ),
    Misconception(
        name="detached-graph",
        title="The loss is cut off from the network",
        explanation="detach(), item() and no_grad() cut the graph. backward() then has nowhere to go: it raises, or "
        "reaches no weight.",
        hint="Follow the graph from the loss back to the weights. Where does it end?",
        reading="Chapter 13, Backpropagation on a small graph",
        forms=(
            Edit(("outputs = model(images)", "outputs = model(images).detach()")),
            Edit(("outputs = model(images)", "outputs = model(images).detach().requires_grad_()")),
            Edit(
                (
                    "    outputs = model(images)",
                    "    import torch\n    with torch.no_grad():\n        outputs = model(images)",
                )
            ),
            Edit(
                (
                    "    outputs = model(images)\n    loss = ",
                    "    import torch\n    with torch.inference_mode():\n        outputs = model(images)\n    loss = ",
                )
            ),
        ),
    ),
    Misconception(
        name="backward-on-a-number",
        title="backward() is called on a plain number",
        explanation="item() gives a Python float, which knows nothing of the network. Keep the tensor for backward().",
        hint="Which object carries the graph?",
        reading="Chapter 13, Backpropagation on a small graph",
        forms=(
            Edit(
                ("loss = loss_fn(outputs, labels)", "loss = loss_fn(outputs, labels).item()"), ("loss.item()", "loss")
            ),
        ),
    ),
    Misconception(
        name="returns-the-graph",
        title="The returned loss holds the whole graph",
        explanation="Whoever adds such losses up keeps the graphs of all batches alive: memory grows until it is full.",
        hint="What else does a loss tensor hold besides a number?",
        reading="Chapter 14, Logging the loss",
        forms=(Edit(("return loss.item()", "return loss")),),
    ),
    Misconception(
        name="returns-a-tensor",
        title="A tensor is returned where a float was asked for",
        explanation="It holds no graph, but it stays on its device and is not a number to a logger, to JSON or to an "
        "average.",
        hint="How does one get at the one number in a tensor?",
        reading="Chapter 14, Logging the loss",
        forms=(
            Edit(("return loss.item()", "return loss.detach()")),
            Edit(("return loss.item()", "return loss.detach().numpy()")),
            Edit(("return loss.item()", "return loss.detach().numpy()[()]")),
        ),
    ),
    Misconception(
        name="returns-nothing",
        title="Nothing is returned",
        explanation="The step is made, and the caller has no number to log or to average.",
        hint="What does a Python function give back that has no return?",
        reading=_STEPS,
        forms=(Edit(("return loss.item()", "print(loss.item())")),),
    ),
    Misconception(
        name="loss-after-step",
        title="The loss is measured after the step",
        explanation="It costs a second forward pass and belongs to other weights than the gradients: the curve runs "
        "one step ahead.",
        hint="Which weights does the number that you return belong to?",
        reading=_STEPS,
        forms=(Edit(("return loss.item()", "return loss_fn(model(images), labels).item()")),),
    ),
    Misconception(
        name="two-steps",
        title="The optimizer steps twice for one batch",
        explanation="The second step repeats the first with a gradient that no longer belongs to the weights.",
        hint="Count the steps of the optimizer.",
        reading=_STEPS,
        forms=(
            Edit(("optimizer.step()", "optimizer.step()\n    optimizer.step()")),
            Edit(
                (
                    "optimizer.step()",
                    "optimizer.step()\n    optimizer.zero_grad()\n    loss_fn(model(images), labels).backward()\n"
                    "    optimizer.step()",
                )
            ),
        ),
    ),
    Misconception(
        name="swapped-loss-arguments",
        title="Labels and outputs are given to the loss the wrong way round",
        explanation="PyTorch's losses take (outputs, labels). Keras takes (y_true, y_pred), which is where this "
        "comes from.",
        hint="In which order does loss_fn take its arguments?",
        reading=_LOSSES,
        forms=(Edit(("loss_fn(outputs, labels)", "loss_fn(labels, outputs)")),),
    ),
)

VARIANTS: dict[str, Form] = {
    "zero-grad-at-the-end": Edit(
        ("    optimizer.zero_grad()\n", ""), ("optimizer.step()", "optimizer.step()\n    optimizer.zero_grad()")
    ),
    "zero-grad-before-backward": Edit(
        ("    optimizer.zero_grad()\n", ""),
        ("loss.backward()", "optimizer.zero_grad(set_to_none=False)\n    loss.backward()"),
    ),
    "model-zero-grad": Edit(("optimizer.zero_grad()", "model.zero_grad()")),
    "grad-none-by-hand": Edit(("optimizer.zero_grad()", "for p in model.parameters():\n        p.grad = None")),
    "closure": """\
def train_step(model, optimizer, loss_fn, images, labels):
    model.train(True)
    def closure():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_fn(model(images), labels)
        loss.backward()
        return loss
    return float(optimizer.step(closure))
""",
    "autograd-grad": """\
import torch

def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    with torch.enable_grad():
        loss = loss_fn(model(images), labels)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters)):
        p.grad = gradient
    optimizer.step()
    return loss.detach().cpu().numpy().astype(float).tolist()
""",
    "autograd-backward": Edit(
        ("loss.backward()", "import torch\n    torch.autograd.backward([loss], retain_graph=True)"),
        ("loss.item()", "float(loss.detach())"),
    ),
    "restores-the-mode": """\
def train_step(model, optimizer, loss_fn, images, labels):
    was_training = model.training
    try:
        model.train()
        loss = loss_fn(model(images), labels)
        for p in model.parameters():
            if p.grad is not None:
                p.grad.detach_()
                p.grad.zero_()
        loss.backward()
        optimizer.step()
    finally:
        model.train(was_training)
    return loss.tolist()
""",
    "functional-call": """\
import torch

def train_step(model, optimizer, loss_fn, images, labels):
    model.train()
    optimizer.zero_grad()
    parameters = dict(model.named_parameters())
    loss = loss_fn(torch.func.functional_call(model, parameters, (images,)), target=labels)
    loss.backward()
    optimizer.step()
    return float(loss)
""",
    "as-a-class": """\
class Step:
    def __call__(self, model, optimizer, loss_fn, images, labels):
        for module in model.modules():
            module.training = True
        optimizer.zero_grad()
        loss = loss_fn(model.forward(images), labels)
        loss.backward()
        optimizer.step()
        return loss.detach().item()

train_step = Step()
""",
}

ANSWERS = Answers(exercise=EXERCISE, solution=SOLUTION, misconceptions=MISCONCEPTIONS, variants=VARIANTS)
