"""What goes wrong with gradients and the rest of the state in 14.3."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import BACK, GRADIENTS, LOSS, known

OF_GRADIENTS = (
    known(
        "gradients-recorded",
        "Graphs for gradients are recorded",
        "eval() changes dropout and batch norm and does not stop gradients. Every forward pass keeps all "
        "activations for a backward pass that never comes: an evaluation then needs as much memory as training. "
        "detach() comes too late, the graph has been made.",
        "What does outputs.requires_grad say in your loop?",
        Edit(("with torch.no_grad():", "if True:")),
        reading=GRADIENTS,
    ),
    known(
        "gradients-off-for-good",
        "Gradients stay switched off after the call",
        "set_grad_enabled(False) holds until somebody switches them on again: the next training step fails, or learns "
        "nothing. A with block ends by itself.",
        "What does torch.is_grad_enabled() say after your call?",
        Edit(("with torch.no_grad():", "torch.set_grad_enabled(False)\n    if True:")),
        reading=GRADIENTS,
    ),
    known(
        "gradients-always-on-after",
        "Gradients are switched on after the call, however they were",
        "An evaluation may be called where gradients are off, inside an inference. What is put back is what was there.",
        "What if gradients were off before the call?",
        Edit(
            ("with torch.no_grad():", "torch.set_grad_enabled(False)\n    if True:"),
            (BACK, BACK + "    torch.set_grad_enabled(True)\n"),
        ),
        reading=GRADIENTS,
    ),
    known(
        "weights-frozen-for-good",
        "The weights are made untrainable and stay so, or all become trainable",
        "requires_grad belongs to the parameter and outlives the call: the next training leaves the weights as they "
        "are. Switched on for all, a frozen layer begins to learn.",
        "What does requires_grad of each parameter say before and after the call?",
        Edit(("with torch.no_grad():", "model.requires_grad_(False)\n    if True:")),
        Edit(
            ("with torch.no_grad():", "model.requires_grad_(False)\n    if True:"),
            (BACK, BACK + "    model.requires_grad_(True)\n"),
        ),
        reading=GRADIENTS,
    ),
    known(
        "learns-while-measuring",
        "A backward pass, or a step, is made while measuring",
        "An evaluation that calls backward() adds gradients of the validation data to those of the training; with a "
        "step, the model learns the data that it is measured on.",
        "Which lines of a training step have no place here?",
        Edit(
            ("with torch.no_grad():", "if True:"),
            (
                LOSS,
                "loss = loss_fn(outputs, labels)\n            loss.backward()\n"
                "            total += loss.item() * len(labels)",
            ),
        ),
        Edit(
            ("with torch.no_grad():", "if True:"),
            (
                LOSS,
                "model.zero_grad()\n            loss = loss_fn(outputs, labels)\n            loss.backward()\n"
                "            total += loss.item() * len(labels)",
            ),
        ),
        reading=GRADIENTS,
        kin=(
            Edit(
                (
                    "    with torch.no_grad():",
                    "    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)\n    if True:",
                ),
                (
                    LOSS,
                    "optimizer.zero_grad()\n            loss = loss_fn(outputs, labels)\n            loss.backward()\n"
                    "            optimizer.step()\n            total += loss.item() * len(labels)",
                ),
            ),
        ),
    ),
    known(
        "gradients-cleared",
        "Gradients that the model came with are cleared",
        "An evaluation between two backward passes of gradient accumulation must leave what has piled up.",
        "Whose gradients are in parameter.grad when your function is called?",
        Edit(("    model.eval()\n", "    model.eval()\n    model.zero_grad()\n")),
        Edit(("    model.eval()\n", "    model.eval()\n    model.zero_grad(set_to_none=False)\n")),
        reading=GRADIENTS,
    ),
)
