"""What goes wrong in the accuracy of 14.3, and in what is returned."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import ARGMAX, RESULT, known, result


def _hits(what: str) -> Edit:
    return Edit((ARGMAX, f"({what})"))


OF_ACCURACY = (
    known(
        "percent",
        "The accuracy is in percent",
        "Asked for was a share, from 0 to 1. A figure in another unit is right for the eye and wrong for a threshold.",
        "What is the largest value that your accuracy can have?",
        result("total / count, 100 * correct / count"),
    ),
    known(
        "rounded",
        "The figures are rounded",
        "Rounding is for printing. What is returned is compared between epochs, where a small gain counts.",
        "How many digits does your caller need?",
        result("round(total / count, 2), round(correct / count, 2)"),
        result("total / count, correct // count"),
    ),
    known(
        "error-rate",
        "The share of wrong images is returned",
        "That is the error rate, one minus the accuracy.",
        "What does your function return for a model that is always right?",
        Edit(("argmax(dim=1) == labels", "argmax(dim=1) != labels")),
    ),
    known(
        "swapped-results",
        "Loss and accuracy are returned the wrong way round",
        "The caller unpacks the pair in the order of the text: the loss first.",
        "In which order does the caller expect the two?",
        result("correct / count, total / count"),
    ),
    known(
        "wrong-axis",
        "The largest output is sought along the wrong axis",
        "Outputs are (N, K): a row for each image. Along axis 0 images compete with each other, and without an axis "
        "there is one winner for the whole batch.",
        "What shape must your predicted classes have, for N images?",
        _hits("outputs.argmax(dim=0) == labels"),
        _hits("outputs.argmax() == labels"),
        _hits("outputs.argmax(dim=0)[labels] == labels"),
    ),
    known(
        "values-for-classes",
        "The largest output itself is compared with the label",
        "max(dim=1) gives the values and the places. The class is the place; the value is almost never equal to a "
        "label.",
        "What do the two things that max(dim=1) returns mean?",
        _hits("outputs.max(dim=1)[0] == labels"),
        _hits("outputs.amax(dim=1).round() == labels"),
        _hits("outputs.softmax(dim=1).amax(dim=1).round() == labels"),
    ),
    known(
        "smallest-output",
        "The class with the smallest output is taken",
        "A large logit means a likely class. The loss is small where the logit of the label is large.",
        "Which output should be large: that of the right class, or of the others?",
        _hits("outputs.argmin(dim=1) == labels"),
    ),
    known(
        "counts-elements",
        "The accuracy is divided by the number of outputs, not of images",
        "A batch of outputs has N times K numbers. Counted with numel() or the wrong entry of its shape, every "
        "figure is off by a factor.",
        "How many numbers are in the outputs of one image?",
        Edit(("count += len(labels)", "count += outputs.numel()")),
        Edit(("count += len(labels)", "count += outputs.shape[1]")),
        result("total / count, correct / (count * outputs.shape[1])"),
    ),
    known(
        "returns-the-graph",
        "The returned loss holds the graphs of all batches",
        "A loss that is a tensor with a graph keeps every activation of its batch alive. Added up over the batches, "
        "memory grows until it is full.",
        "What else does a loss tensor hold besides a number?",
        Edit(("with torch.no_grad():", "if True:"), ("labels).item() * len", "labels) * len")),
        reading="Chapter 14, Logging the loss",
    ),
    known(
        "returns-tensors",
        "Tensors are returned where floats were asked for",
        "They stay on their device and are no numbers to a logger, to JSON or to an average.",
        "How does one get at the one number in a tensor?",
        Edit(("labels).item() * len", "labels) * len"), (".sum().item()", ".sum()")),
        Edit(("labels).item() * len", "labels) * len")),
        Edit((".sum().item()", ".sum()")),
        reading="Chapter 14, Logging the loss",
    ),
    known(
        "returns-one-number",
        "Only the loss, or only the accuracy, is returned",
        "Asked for was a pair.",
        "What does your caller unpack?",
        result("total / count"),
        result("correct / count"),
    ),
    known(
        "returns-a-dict",
        "A dict is returned where a pair was asked for",
        "The caller unpacks two values: from a dict it gets the keys.",
        "What does `loss, accuracy = evaluate(...)` do with what you return?",
        Edit((RESULT, 'return {"loss": total / count, "accuracy": correct / count}')),
        Edit((RESULT, "return [total / count], [correct / count]")),
    ),
    known(
        "returns-nothing",
        "Nothing is returned",
        "The figures are worked out, perhaps printed, and lost.",
        "What does a Python function give back that has no return?",
        Edit((RESULT, "print(total / count, correct / count)")),
    ),
)
