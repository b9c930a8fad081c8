"""What goes wrong in the training and the sweep of 13.7."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import LOGGED, LOSS, MEAN, RUN, TOTAL, known

_LOGITS = "Logits against probabilities"
_WHOLE = "Putting it together"
_BATCHES = "Batch size and the scaling rule"
_FINDER = "The learning-rate finder"
_RETURN = "    return losses\n"


def _sweep(new: str) -> Edit:
    return Edit((RUN, new))


OF_TRAINING = (
    known(
        "no-zero-grad",
        "Gradients pile up from batch to batch",
        "backward() adds to what is in parameter.grad. Without clearing, each step uses the sum of all "
        "gradients so far.",
        "What does parameter.grad hold when the second batch arrives?",
        _WHOLE,
        Edit(("            optimizer.zero_grad()\n", "")),
        Edit(
            ("            optimizer.zero_grad()\n", ""), ("    for epoch", "    optimizer.zero_grad()\n    for epoch")
        ),
    ),
    known(
        "cleared-once-an-epoch",
        "Gradients are cleared once an epoch",
        "Within the epoch they pile up: the last batch's step uses the sum over all batches before it.",
        "What does parameter.grad hold when the second batch arrives?",
        _WHOLE,
        Edit(
            ("            optimizer.zero_grad()\n", ""),
            ("in range(epochs):\n", "in range(epochs):\n        optimizer.zero_grad()\n"),
        ),
    ),
    known(
        "softmax-before-loss",
        "The logits go through a softmax before the loss",
        "Cross-entropy has its softmax inside. Twice, the outputs are squeezed into [0, 1] first: the loss cannot come "
        "near zero, and the gradients are small.",
        "What does loss_fn expect: logits or probabilities?",
        _LOGITS,
        Edit((LOSS, "loss = loss_fn(model(images).softmax(dim=1), labels)")),
        Edit((LOSS, "loss = loss_fn(model(images).sigmoid(), labels)")),
        Edit((LOSS, "loss = loss_fn(model(images).softmax(dim=0), labels)")),
    ),
    known(
        "evaluation-mode",
        "The model learns in evaluation mode",
        "After an evaluation the model stays in that mode until train() is called: dropout is off while it learns.",
        "In which mode does the model arrive after a validation?",
        _WHOLE,
        Edit(("    model.train()\n", "")),
        Edit(("    model.train()\n", "    model.eval()\n")),
    ),
    known(
        "no-step",
        "The weights never change",
        "Without backward() there is no gradient, without step() it is never used, and where zero_grad() stands "
        "between "
        "the two it is gone when the optimizer looks for it.",
        "Who changes the weights, and what does it find in parameter.grad at that moment?",
        _WHOLE,
        Edit(("            optimizer.step()\n", "")),
    ),
    known(
        "one-step-an-epoch",
        "The optimizer steps once an epoch",
        "Each batch was to make a step of its own. One step an epoch uses the last batch's gradients alone, or "
        "the sum of "
        "all of them.",
        "Count the steps of one epoch.",
        _BATCHES,
        Edit(("            optimizer.step()\n", ""), (LOGGED, LOGGED + "        optimizer.step()\n")),
        Edit(
            ("            optimizer.zero_grad()\n", ""),
            ("            optimizer.step()\n", ""),
            ("in range(epochs):\n", "in range(epochs):\n        optimizer.zero_grad()\n"),
            (LOGGED, LOGGED + "        optimizer.step()\n"),
        ),
    ),
    known(
        "loss-after-step",
        "The loss is measured after the step",
        "It belongs to other weights than the gradients: the curve runs one step ahead.",
        "Which weights does the number in the log belong to?",
        _WHOLE,
        Edit((LOGGED, "            losses.append(loss_fn(model(images), labels).item())\n")),
    ),
    known(
        "loss-per-epoch",
        "One number an epoch is logged",
        "The mean of an epoch, or its last batch, hides what happens from batch to batch: whether the curve "
        "oscillates can "
        "no longer be seen.",
        "How many numbers should come back for two epochs of three batches?",
        _WHOLE,
        Edit(
            ("in range(epochs):\n", "in range(epochs):\n        total = 0.0\n"),
            (LOGGED, "            total += loss.item()\n        losses.append(total / len(batches))\n"),
        ),
        Edit(
            ("in range(epochs):\n", "in range(epochs):\n        total = 0.0\n"),
            (
                LOGGED,
                "            total += loss.item() * len(images)\n"
                "        losses.append(total / sum(len(images) for images, labels in batches))\n",
            ),
        ),
        Edit((LOGGED, "        losses.append(loss.item())\n")),
        Edit(
            ("in range(epochs):\n", "in range(epochs):\n        total = 0.0\n"),
            (LOGGED, "            total += loss.item()\n        losses.append(total)\n"),
        ),
    ),
    known(
        "log-in-nested-lists",
        "The losses come as one list an epoch",
        "A flat list was asked for: it is drawn as one curve, and epoch_means cuts it.",
        "What is losses[0] in your list?",
        _WHOLE,
        Edit(
            ("in range(epochs):\n", "in range(epochs):\n        losses.append([])\n"),
            (LOGGED, "            losses[-1].append(loss.item())\n"),
        ),
    ),
    known(
        "log-starts-anew",
        "Every epoch starts a new log",
        "The list is emptied at the beginning of each epoch, so that only the last one is left.",
        "Where is the list made?",
        _WHOLE,
        Edit(("in range(epochs):\n", "in range(epochs):\n        losses = []\n")),
    ),
    known(
        "returns-after-one-epoch",
        "The training ends after its first epoch",
        "The return stands inside the loop.",
        "How far is your return indented?",
        _WHOLE,
        Edit((_RETURN, "        return losses\n")),
    ),
    known(
        "running-mean-logged",
        "A running mean is logged",
        "It smooths the curve, and reacts late: what a batch did to the loss cannot be read from it.",
        "Which entry of the log belongs to the third batch alone?",
        _WHOLE,
        Edit(
            (
                LOGGED,
                LOGGED.replace("losses.append(loss.item())", "seen.append(loss.item())")
                + "            losses.append(sum(seen) / len(seen))\n",
            ),
            ("    losses = []\n", "    losses, seen = [], []\n"),
        ),
        Edit(
            (
                LOGGED,
                LOGGED.replace("losses.append(loss.item())", "seen.append(loss.item())")
                + "            losses.append(sum(seen) / len(seen))\n",
            ),
            ("    losses = []\n", "    losses = []\n"),
            ("in range(epochs):\n", "in range(epochs):\n        seen = []\n"),
        ),
    ),
    known(
        "sum-logged",
        "The loss is logged times the size of its batch",
        "loss_fn gives a mean over the images; multiplied, a small batch looks as if it were an easy one.",
        "Compare an entry of the log with what loss_fn gives.",
        _BATCHES,
        Edit((LOGGED, LOGGED.replace(".item()", ".item() * len(images)"))),
        Edit((LOGGED, LOGGED.replace(".item()", ".item() / len(images)"))),
    ),
    known(
        "graph-kept",
        "The log holds tensors with their graphs",
        "Every entry keeps the graph of its batch alive: memory grows until it is full.",
        "What else does a loss tensor hold besides a number?",
        _WHOLE,
        Edit((LOGGED, LOGGED.replace(".item()", ""))),
    ),
    known(
        "tensors-kept",
        "The log holds tensors where floats were asked for",
        "They hold no graph, but stay on their device, and are not numbers to a plot, to JSON or to a mean.",
        "How does one get at the one number in a tensor?",
        _WHOLE,
        Edit((LOGGED, LOGGED.replace(".item()", ".detach()"))),
        Edit((LOGGED, LOGGED.replace(".item()", ".detach().numpy()"))),
    ),
    known(
        "batches-weigh-alike",
        "Every batch weighs the same in the epoch's mean",
        "The last batch is often small: each of its images then counts more than any other.",
        "How much does an image in a batch of three weigh, and how much one in a batch of eight?",
        "Batch size and the scaling rule",
        Edit((TOTAL, TOTAL.replace("size * loss", "loss")), (MEAN, "means.append(total / len(sizes))")),
    ),
    known(
        "sum-for-mean",
        "A sum stands where the epoch's mean should",
        "A sum grows with the data set, and cannot be compared between sets.",
        "What would the number be for twice as many images, with the same losses?",
        "Batch size and the scaling rule",
        Edit((MEAN, "means.append(total)")),
        Edit((TOTAL, TOTAL.replace("size * loss", "loss")), (MEAN, "means.append(total)")),
        Edit((MEAN, "means.append(total / len(sizes))")),
    ),
    known(
        "last-loss-for-mean",
        "The last batch stands for its epoch",
        "One batch, and often the smallest, is taken for all of them: the curve is noise.",
        "Which images does your number speak of?",
        "Batch size and the scaling rule",
        Edit((MEAN, "means.append(losses[start + len(sizes) - 1])")),
    ),
)

OF_SWEEPS = (
    known(
        "trained-weights-reused",
        "Every rate goes on from the weights that the rate before left",
        "The first rate trains the model, the second trains it further: the later ones look better than they are. A "
        "state_dict() that was kept to begin anew is the weights themselves, not a copy; so is copy.copy(model).",
        "Which weights does the second rate find?",
        _FINDER,
        _sweep("    for rate in rates:\n        curves[rate] = run(model, rate)\n"),
        _sweep("    fresh = copy.deepcopy(model)\n    for rate in rates:\n        curves[rate] = run(fresh, rate)\n"),
        _sweep("    for rate in rates:\n        curves[rate] = run(copy.copy(model), rate)\n"),
        _sweep(
            "    initial = model.state_dict()\n    for rate in rates:\n        model.load_state_dict(initial)\n"
            "        curves[rate] = run(model, rate)\n"
        ),
        _sweep(
            "    initial = copy.copy(model.state_dict())\n    for rate in rates:\n        fresh = "
            "copy.deepcopy(model)\n"
            "        fresh.load_state_dict(initial)\n        curves[rate] = run(model, rate)\n"
        ),
    ),
    known(
        "other-first-weights",
        "Every rate starts from other weights",
        "New weights are drawn for each rate: what is seen is the luck of the draw as well as the rate.",
        "Are the first losses of all rates the same?",
        _FINDER,
        _sweep(
            "    for rate in rates:\n        fresh = copy.deepcopy(model)\n        for layer in fresh.modules():\n"
            "            if hasattr(layer, 'reset_parameters'):\n                layer.reset_parameters()\n"
            "        curves[rate] = run(fresh, rate)\n"
        ),
    ),
    known(
        "statistics-not-copied",
        "The weights begin anew, the statistics of batch norm do not",
        "parameters() gives no buffers: the running mean and variance go on from the rate before.",
        "What is in state_dict() that is not in parameters()?",
        _FINDER,
        _sweep(
            "    initial = [p.detach().clone() for p in model.parameters()]\n    for rate in rates:\n"
            "        curves[rate] = run(model, rate)\n        with torch.no_grad():\n"
            "            for p, first in zip(model.parameters(), initial):\n                p.copy_(first)\n"
        ),
    ),
    known(
        "model-left-trained",
        "The sweep leaves the model trained",
        "Each rate starts right, but at the end the model has the weights of the last rate: whoever trains it "
        "now does not "
        "start where the sweep did.",
        "Which weights does the model have after the last rate?",
        _FINDER,
        _sweep(
            "    initial = copy.deepcopy(model.state_dict())\n    for rate in rates:\n"
            "        model.load_state_dict(initial)\n        curves[rate] = run(model, rate)\n"
        ),
    ),
    known(
        "last-loss-of-the-sweep",
        "Of each rate one number is kept, not its curve",
        "A curve says whether a rate is slow, oscillates or diverges; its end does not.",
        "What does run return, and what does your dict hold?",
        _FINDER,
        _sweep("    for rate in rates:\n        curves[rate] = run(copy.deepcopy(model), rate)[-1:]\n"),
        _sweep("    for rate in rates:\n        curves[rate] = run(copy.deepcopy(model), rate)[-1]\n"),
    ),
)
