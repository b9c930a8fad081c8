"""What goes wrong in an evaluation, in 14.8."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import EVAL, FOUND, HITS, MEANS, NO_GRAD, SEEN, STEPS, SUMMED, VALIDATED, known

_BATCH_SHARE = "hits += (outputs.argmax(dim=1) == labels).float().mean().item()"
_LEARN = """\
            outputs = model(images)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
            optimizer.zero_grad()
            loss_fn(outputs, labels).backward()
            optimizer.step()
"""

OF_EVALUATION = (
    known(
        "evaluates-in-training-mode",
        "The evaluation is in training mode",
        "Dropout still drops, and batch norm normalises each batch with its own statistics and moves the running ones: "
        "the figure depends on chance and on the batch, and the validation images leave their mark in the model.",
        "In which mode is each layer while the validation images go through?",
        STEPS,
        Edit((EVAL, "")),
    ),
    known(
        "evaluation-recorded",
        "The evaluation records graphs for gradients",
        "Evaluation mode does not stop recording. Nothing is wrong with the figures, but memory and time are spent on "
        "graphs that nobody uses.",
        "Print outputs.requires_grad inside your loop.",
        STEPS,
        Edit((NO_GRAD, "    if True:\n")),
    ),
    known(
        "evaluation-learns",
        "The evaluation makes steps",
        "Validation images that are learned from say nothing of images that the model has not seen.",
        "Which of your lines in evaluate changes a weight?",
        STEPS,
        Edit((NO_GRAD, "    if True:\n"), ("            outputs = model(images)\n", _LEARN)),
    ),
    known(
        "validation-mean-of-batch-means",
        "The validation figures are means of the batches' means",
        "Images of a small last batch then count more than the others: the figure depends on the batch size, and early "
        "stopping with it.",
        "How much does an image in a batch of one weigh, and how much one in a batch of three?",
        MEANS,
        Edit(
            (SUMMED, "summed += loss_fn(outputs, labels).item()"),
            (HITS, _BATCH_SHARE),
            (SEEN, "            seen += 1\n"),
        ),
        Edit(
            (SUMMED, "summed += loss_fn(outputs, labels).item()"),
            (FOUND, "    return summed / len(batches), hits / seen\n"),
        ),
        Edit((HITS, _BATCH_SHARE), (FOUND, "    return summed / seen, hits / len(batches)\n")),
    ),
    known(
        "last-validation-batch",
        "The last validation batch stands for the whole set",
        "val_loss is overwritten by every batch, or read from the last one: schedule and early stopping then follow "
        "the luck of a few images.",
        "Which images does the number speak of that your schedule and your early stopping get?",
        MEANS,
        Edit((FOUND, "    return loss_fn(outputs, labels).item(), hits / seen\n")),
        Edit((SUMMED, "summed = loss_fn(outputs, labels).item() * len(labels)")),
        Edit(
            (FOUND, "    return loss_fn(outputs, labels).item(), (outputs.argmax(1) == labels).float().mean().item()\n")
        ),
        Edit((VALIDATED, VALIDATED + "        val_loss = evaluate(model, loss_fn, validation[-1:])[0]\n")),
    ),
    known(
        "validation-sum-for-mean",
        "A sum stands where the validation mean should",
        "Summed over batches the loss grows with the number of batches; divided by another number than that of what "
        "was summed, it is no mean of anything.",
        "What would your number be for twice as many images with the same losses?",
        MEANS,
        Edit((FOUND, "    return summed, hits / seen\n")),
        Edit((SUMMED, "summed += loss_fn(outputs, labels).item()"), (FOUND, "    return summed, hits / seen\n")),
        Edit((SUMMED, "summed += loss_fn(outputs, labels).item()")),
        Edit((FOUND, "    return summed / len(batches), hits / seen\n")),
    ),
    known(
        "validation-count-for-share",
        "The validation accuracy is no share from 0 to 1",
        "A count, or a percentage, cannot be compared with what other code calls accuracy.",
        "What is your accuracy if all images are right?",
        MEANS,
        Edit((FOUND, "    return summed / seen, hits\n")),
        Edit((FOUND, "    return summed / seen, 100 * hits / seen\n")),
    ),
    known(
        "validation-wrong-axis",
        "The largest logit is looked for over the images, in the evaluation",
        "Along axis 0 the images compete for a class; the classes of an image stand along axis 1.",
        "Which shape has what argmax gives?",
        MEANS,
        Edit((HITS, HITS.replace("dim=1", "dim=0"))),
    ),
    known(
        "evaluation-softmax",
        "The logits go through a softmax before the loss, in the evaluation",
        "The loss takes logits as they are. The validation loss is then another function than the training loss.",
        "What does loss_fn expect: logits or probabilities?",
        STEPS,
        Edit((SUMMED, SUMMED.replace("outputs", "outputs.softmax(dim=1)"))),
    ),
)
