"""What goes wrong between the outputs and the loss of 14.3."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import LOSSES, known


def _outputs(how: str) -> Edit:
    """The loss is given something else than the outputs as they are."""
    return Edit(("loss_fn(outputs, labels)", f"loss_fn({how}, labels)"))


OF_LOSSES = (
    known(
        "softmax-before-loss",
        "The outputs go through a softmax before the loss",
        "The loss takes logits and has its softmax inside. Twice, the reported loss cannot come near zero, and is not "
        "the one that was trained on.",
        "What does loss_fn expect: logits or probabilities?",
        _outputs("outputs.softmax(dim=1)"),
        _outputs("outputs.log_softmax(dim=1)"),
        _outputs("outputs.sigmoid()"),
        reading=LOSSES,
    ),
    known(
        "softmax-over-batch",
        "A softmax over the batch stands before the loss",
        "Besides being one softmax too many, it runs along the wrong axis: an image's figures depend on its batch.",
        "Which axis holds the classes, and who needs probabilities here?",
        _outputs("outputs.softmax(dim=0)"),
        _outputs("outputs.log_softmax(dim=0)"),
        Edit(("outputs = model(images)", "outputs = model(images).softmax(dim=0)")),
        Edit(("outputs = model(images)", "outputs = model(images).log_softmax(dim=0)")),
        reading=LOSSES,
    ),
    known(
        "argmax-before-loss",
        "The loss gets predicted classes instead of outputs",
        "A class number has lost how sure the model was, which is what a loss measures.",
        "What shape does loss_fn expect as its first argument?",
        _outputs("outputs.argmax(dim=1)"),
        reading=LOSSES,
    ),
    known(
        "relu-before-loss",
        "The outputs go through a ReLU before the loss",
        "A logit may be negative: set to zero, it claims more than the model says.",
        "May a logit be negative?",
        _outputs("outputs.relu()"),
        kin=(Edit(("outputs = model(images)", "outputs = model(images).relu()")),),
        reading=LOSSES,
    ),
    known(
        "swapped-loss-arguments",
        "Labels and outputs are given to the loss the wrong way round",
        "PyTorch's losses take (outputs, labels). Keras takes (y_true, y_pred), which is where this comes from.",
        "In which order does loss_fn take its arguments?",
        Edit(("loss_fn(outputs, labels)", "loss_fn(labels, outputs)")),
        reading=LOSSES,
    ),
    known(
        "own-loss",
        "A loss of one's own is used instead of loss_fn",
        "The caller decides which loss is measured. Cross-entropy is only one of them.",
        "What happens to your figures when the caller passes another loss?",
        Edit(("loss_fn(outputs, labels)", "torch.nn.functional.cross_entropy(outputs, labels)")),
    ),
)
