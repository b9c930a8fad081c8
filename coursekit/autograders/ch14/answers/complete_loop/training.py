"""What goes wrong in an epoch of training, in 14.8."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    BACKWARD,
    CLEAN,
    FIGURES,
    FOUND,
    LOGGING,
    LOSS,
    MEANS,
    RIGHT,
    STEP,
    STEPS,
    TOTAL,
    TRAIN,
    TRAINED,
    known,
)

_FIT = "    best_loss = float"
_LOOP = "    for images, labels in batches:\n        optimizer.zero_grad()\n"

OF_STEPS = (
    known(
        "no-zero-grad",
        "Gradients pile up from batch to batch",
        "backward() adds to what is in each parameter's grad. Never emptied, every step follows the sum of all batches "
        "so far: training first looks fast, then swings and blows up.",
        "What is in the gradients when the second batch's backward pass begins?",
        STEPS,
        Edit((CLEAN, "")),
        Edit((_LOOP, "    optimizer.zero_grad()\n    for images, labels in batches:\n")),
        Edit((CLEAN, ""), (FIGURES, "    optimizer.zero_grad()\n" + FIGURES)),
    ),
    known(
        "gradients-from-before",
        "What was in the gradients before the call goes into the first step",
        "Cleared after each step alone, the gradients are right from the second batch on. Whoever looked at gradients "
        "before, as lr_find and many checks do, has left something in them.",
        "What is in the gradients when the very first batch's backward pass begins?",
        STEPS,
        Edit((CLEAN, ""), (STEP, STEP + CLEAN)),
        Edit((CLEAN, ""), (TOTAL, TOTAL + CLEAN)),
    ),
    known(
        "steps-without-gradients",
        "The step finds no gradients",
        "A step uses what backward() left in the gradients. Without it, or with zero_grad() between the two, nothing "
        "is learned and no error is raised.",
        "What does step() find in the gradients?",
        STEPS,
        Edit((CLEAN, ""), (STEP, CLEAN + STEP)),
    ),
    known(
        "no-step",
        "The optimizer never steps",
        "Gradients are worked out and not used. The training loss only wobbles with dropout.",
        "Which of your lines changes a weight?",
        STEPS,
        Edit((STEP, "")),
    ),
    known(
        "step-before-backward",
        "The step comes before the backward pass",
        "It uses the gradients of the batch before, or none.",
        "Whose gradients does step() find?",
        STEPS,
        Edit((CLEAN, ""), (BACKWARD, ""), (STEP, STEP + CLEAN + BACKWARD)),
    ),
    known(
        "one-step-an-epoch",
        "The optimizer steps once an epoch",
        "Each batch was to make a step of its own. One step an epoch uses the last batch's gradients alone, or the sum "
        "of all of them.",
        "Count the steps of one epoch.",
        STEPS,
        Edit((STEP, ""), (FIGURES, "    optimizer.step()\n" + FIGURES)),
        Edit(
            (_LOOP, "    optimizer.zero_grad()\n    for images, labels in batches:\n"),
            (STEP, ""),
            (FIGURES, "    optimizer.step()\n" + FIGURES),
        ),
    ),
    known(
        "never-back-to-training",
        "The model learns in evaluation mode",
        "evaluate() leaves it in evaluation mode until somebody calls train(). Called once before the first epoch, "
        "train() holds until the first validation: then dropout is off and batch norm's statistics stand still.",
        "In which mode is the model at the first batch of the second epoch?",
        STEPS,
        Edit((TRAIN, "")),
        Edit((TRAIN, ""), (_FIT, "    model.train()\n" + _FIT)),
    ),
    known(
        "softmax-before-loss",
        "The logits go through a softmax before the loss",
        "The loss takes logits as they are: cross-entropy has its softmax inside. Twice, the loss cannot come near "
        "zero, and the gradients are small.",
        "What does loss_fn expect: logits or probabilities?",
        STEPS,
        Edit((LOSS, "        loss = loss_fn(logits.softmax(dim=1), labels)\n")),
    ),
)

OF_TRAINING_FIGURES = (
    known(
        "training-mean-of-batch-means",
        "The training figures are means of the batches' means",
        "Images of a small last batch then count more than the others.",
        "How much does an image in a batch of one weigh, and how much one in a batch of three?",
        MEANS,
        Edit(
            (TOTAL, "        total += loss.item()\n"),
            (RIGHT, "        right += (logits.argmax(dim=1) == labels).float().mean().item()\n"),
            ("        count += len(labels)\n", "        count += 1\n"),
        ),
        Edit(
            (TOTAL, "        total += loss.item()\n"),
            (FIGURES, "    return total / len(batches), right / count\n"),
        ),
        Edit(
            (RIGHT, "        right += (logits.argmax(dim=1) == labels).float().mean().item()\n"),
            (FIGURES, "    return total / count, right / len(batches)\n"),
        ),
    ),
    known(
        "training-sum-for-mean",
        "A sum stands where a mean should",
        "Summed over batches the loss grows with the number of batches; divided by another number than that of what "
        "was summed, it is no mean of anything.",
        "What would your number be for twice as many images with the same losses?",
        MEANS,
        Edit((FIGURES, "    return total, right / count\n")),
        Edit((TOTAL, "        total += loss.item()\n"), (FIGURES, "    return total, right / count\n")),
        Edit((TOTAL, "        total += loss.item()\n")),
        Edit((FIGURES, "    return total / len(batches), right / count\n")),
    ),
    known(
        "training-count-for-share",
        "The training accuracy is no share from 0 to 1",
        "A count, or a percentage, cannot be compared with what other code calls accuracy.",
        "What is your accuracy if all images are right?",
        MEANS,
        Edit((FIGURES, "    return total / count, right\n")),
        Edit((FIGURES, "    return total / count, 100 * right / count\n")),
        Edit((FIGURES, "    return total / count, right / len(batches)\n")),
    ),
    known(
        "training-figures-of-the-last-batch",
        "The last batch stands for the epoch",
        "One batch, and often the smallest, is taken for all of them: the curve is noise.",
        "Which images does your number speak of?",
        MEANS,
        Edit((FIGURES, "    return loss.item(), (logits.argmax(dim=1) == labels).float().mean().item()\n")),
        Edit((FIGURES, "    return loss.item(), right / count\n")),
    ),
    known(
        "pair-swapped",
        "Loss and accuracy are returned the wrong way round",
        "The caller unpacks the pair in the order of the text: the loss first.",
        "In which order does the caller expect the two?",
        MEANS,
        Edit((FIGURES, "    return right / count, total / count\n")),
        Edit((FOUND, "    return hits / seen, summed / seen\n")),
        Edit(
            (FIGURES, "    return right / count, total / count\n"), (FOUND, "    return hits / seen, summed / seen\n")
        ),
    ),
    known(
        "training-wrong-axis",
        "The largest logit is looked for over the images",
        "Along axis 0 the images compete for a class; the classes of an image stand along axis 1.",
        "Which shape has what argmax gives?",
        MEANS,
        Edit((RIGHT, RIGHT.replace("dim=1", "dim=0"))),
    ),
    known(
        "figures-after-the-epoch",
        "The training figures are those of an evaluation after the epoch",
        "They are worth having, and others: those of the weights at the end, in evaluation mode, for one more pass "
        "over the data. Asked for is what the steps were made from.",
        "Which weights, and which mode, does your training loss belong to?",
        MEANS,
        Edit((FIGURES, "    return evaluate(model, loss_fn, batches)\n")),
        Edit((TRAINED, TRAINED + "        train_loss, train_accuracy = evaluate(model, loss_fn, training)\n")),
    ),
    known(
        "loss-after-the-step",
        "The loss is measured again after the step",
        "It belongs to other weights than the gradients, and dropout and batch norm have gone through a second pass.",
        "Which weights does the number belong to?",
        MEANS,
        Edit((TOTAL, "        total += loss_fn(model(images), labels).item() * len(labels)\n")),
    ),
    known(
        "training-graph-kept",
        "The training loss is a tensor that holds its graph",
        "Adding up loss tensors keeps the graphs of all batches alive: memory grows until it is full.",
        "What else does a loss tensor hold besides a number?",
        LOGGING,
        Edit((TOTAL, TOTAL.replace(".item()", ""))),
    ),
    known(
        "tensors-for-floats",
        "Figures are tensors where floats were asked for",
        "They hold no graph, but stay on their device, and are no numbers to JSON or to a plot.",
        "How does one get at the one number in a tensor?",
        LOGGING,
        Edit((TOTAL, TOTAL.replace(".item()", ".detach()"))),
        Edit((RIGHT, RIGHT.replace(".item()", ""))),
        Edit((TOTAL, TOTAL.replace(".item()", ".detach()")), (RIGHT, RIGHT.replace(".item()", ""))),
    ),
)
