"""Answers to 13.6."""

from __future__ import annotations

from coursekit.autograders.ch13.answers.repair_variants import TORCH
from coursekit.autograders.ch13.e13_6 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
import torch
from torch import nn
from torch.nn import functional


def build_model():
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(36, 16),
        nn.Tanh(),
        nn.Linear(16, 5),
    )


def loss_of(model, images, labels):
    return functional.cross_entropy(model(images), labels)


def probabilities(model, images):
    return functional.softmax(model(images), dim=1)
"""

LOSS = "functional.cross_entropy(model(images), labels)"
SHARES = "functional.softmax(model(images), dim=1)"
HEAD = "        nn.Linear(16, 5),\n"


def _loss(what: str) -> Edit:
    return Edit((LOSS, what))


def _shares(what: str) -> Edit:
    return Edit((SHARES, what))


def _known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    reading = "Chapter 13, Logits against probabilities"
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms, kin=kin
    )


MISCONCEPTIONS = (
    _known(
        "softmax-before-cross-entropy",
        "Probabilities still go into cross_entropy",
        "cross_entropy takes logits and applies log-softmax itself. A softmax of probabilities is nearly flat: with 5 "
        "classes the loss cannot fall under log(e + 4) - 1 = 0.905, and gradients are small where they are needed "
        "most.",
        "How many softmaxes does an image go through on its way to the loss?",
        _loss("functional.cross_entropy(functional.softmax(model(images), dim=1), labels)"),
    ),
    _known(
        "softmax-twice-everywhere",
        "The model's softmax stays, and another one is put on top",
        "A second softmax flattens what the first one gave: no class can get more than e / (e + 4) = 40% any more.",
        "What does the model give, before probabilities touches it?",
        Edit((HEAD, HEAD + "        nn.Softmax(dim=1),\n")),
    ),
    _known(
        "logits-as-probabilities",
        "The softmax is gone from the model, and nobody puts it back for the probabilities",
        "The loss is mended, but callers of probabilities now get logits: negative numbers, rows of any sum. Whatever "
        "reads a confidence from them is wrong.",
        "Who else relied on the softmax that you took out?",
        _shares("model(images)"),
    ),
    _known(
        "nll-of-probabilities",
        "nll_loss is given probabilities",
        "nll_loss picks the number of the right class and turns its sign: it expects log-probabilities. On "
        "probabilities it gives a loss between -1 and 0, without a logarithm that punishes being sure and wrong.",
        "Can a negative log-likelihood be negative?",
        _loss("functional.nll_loss(functional.softmax(model(images), dim=1), labels)"),
    ),
    _known(
        "nll-of-logits",
        "nll_loss is given logits",
        "nll_loss expects log-probabilities. On logits the loss has no lower end: the network only has to make all "
        "numbers larger.",
        "How low can your loss fall, and what would the network do for it?",
        _loss("functional.nll_loss(model(images), labels)"),
    ),
    _known(
        "log-of-softmax",
        "The logarithm is taken of a finished softmax",
        "In float32 a softmax rounds small probabilities to 0: the logarithm is then infinite, or the small number "
        "that was added instead. Either way the gradient is lost just where the network is most wrong. From logits, "
        "log-softmax is exact.",
        "What is the probability of the right class where another logit is larger by 300?",
        _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1)), labels)"),
        _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1) + 1e-8), labels)"),
        _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1).clamp(min=1e-7)), labels)"),
        kin=(
            _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1) + 1e-6), labels)"),
            _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1) + 1e-9), labels)"),
            _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1) + 1e-10), labels)"),
            _loss("functional.nll_loss(torch.log(functional.softmax(model(images), dim=1) + 1e-12), labels)"),
            _loss("functional.nll_loss(functional.softmax(model(images), dim=1).clamp_min(1e-8).log(), labels)"),
            _loss("functional.nll_loss(functional.softmax(model(images), dim=1).clamp_min(1e-9).log(), labels)"),
            _loss("functional.nll_loss(functional.softmax(model(images), dim=1).clamp_min(1e-12).log(), labels)"),
        ),
    ),
    _known(
        "sigmoid-for-softmax",
        "A sigmoid makes the probabilities",
        "A sigmoid looks at each class alone: the rows do not sum to 1. It belongs to tasks in which several classes, "
        "or none, may be right.",
        "What do your rows sum to?",
        _shares("torch.sigmoid(model(images))"),
        Edit(
            (LOSS, "functional.cross_entropy(torch.sigmoid(model(images)), labels)"),
            (SHARES, "torch.sigmoid(model(images))"),
        ),
        Edit((SHARES, "torch.sigmoid(model(images)) / torch.sigmoid(model(images)).sum(dim=1, keepdim=True)")),
    ),
    _known(
        "binary-cross-entropy",
        "Binary cross-entropy takes the place of cross-entropy",
        "It asks a question of its own about each class, yes or no, and does not know that exactly one of them is "
        "right.",
        "For how many classes is each of the two losses made?",
        _loss("functional.binary_cross_entropy_with_logits(model(images), functional.one_hot(labels, 5).float())"),
        kin=(
            _loss(
                "functional.binary_cross_entropy(functional.softmax(model(images), dim=1), "
                "functional.one_hot(labels, 5).float())"
            ),
        ),
    ),
    _known(
        "squared-error-of-probabilities",
        "The squared error of the probabilities takes the place of cross-entropy",
        "It accepts probabilities, but it is another loss: it hardly has a gradient where the network is sure and "
        "wrong.",
        "Which loss does the task name?",
        _loss("functional.mse_loss(functional.softmax(model(images), dim=1), functional.one_hot(labels, 5).float())"),
        _loss("((functional.softmax(model(images), dim=1) - functional.one_hot(labels, 5)) ** 2).sum(dim=1).mean()"),
    ),
    _known(
        "mended-in-training-alone",
        "Only in training does the loss get logits",
        "In evaluation a softmax still stands before the loss: the validation loss cannot be compared with the "
        "training loss any more, and early stopping looks at a wrong number.",
        "Which of the two modes did you try?",
        _loss(
            "functional.cross_entropy(model(images) if model.training else "
            "functional.softmax(model(images), dim=1), labels)"
        ),
    ),
    _known(
        "mended-in-evaluation-alone",
        "Only in evaluation does the loss get logits",
        "The loss that is shown is right then; the network still learns from the wrong one.",
        "In which mode is the model when it learns?",
        _loss(
            "functional.cross_entropy(functional.softmax(model(images), dim=1) if model.training else "
            "model(images), labels)"
        ),
    ),
    _known(
        "probabilities-in-evaluation-alone",
        "Only in evaluation do callers get probabilities",
        "In training mode, probabilities gives logits. What a function gives must not depend on who called it before.",
        "What does probabilities give right after model.train()?",
        _shares("model(images) if model.training else functional.softmax(model(images), dim=1)"),
    ),
    _known(
        "softmax-over-the-batch",
        "The softmax runs over the images",
        "Axis 0 is the batch: then the columns sum to 1, and the probability of an image depends on its neighbours.",
        "Which sums are 1: those of the rows, or those of the columns?",
        _shares("functional.softmax(model(images), dim=0)"),
        _loss("functional.nll_loss(functional.log_softmax(model(images), dim=0), labels)"),
        Edit(
            (LOSS, "functional.nll_loss(functional.log_softmax(model(images), dim=0), labels)"),
            (SHARES, "functional.softmax(model(images), dim=0)"),
        ),
    ),
    _known(
        "log-probabilities",
        "Callers of probabilities get their logarithms",
        "log_softmax serves a loss. A probability is not negative.",
        "Can a probability be -2?",
        _shares("functional.log_softmax(model(images), dim=1)"),
    ),
    _known(
        "winner-takes-all",
        "The largest class gets probability 1",
        "That is a decision, no distribution: how sure the network is has been lost.",
        "What do your probabilities say about an image on which the network hesitates?",
        _shares("functional.one_hot(model(images).argmax(dim=1), 5).float()"),
        _shares("model(images).argmax(dim=1)"),
    ),
    _known(
        "loss-without-gradient",
        "The loss comes without its graph",
        "item(), detach() and no_grad() cut the way back to the weights: backward() has nothing to go along.",
        "Can you call backward() on what loss_of returns?",
        _loss("functional.cross_entropy(model(images), labels).item()"),
        _loss("functional.cross_entropy(model(images).detach(), labels)"),
    ),
    _known(
        "number-wrapped-again",
        "The loss is a new tensor that knows nothing of the weights",
        "requires_grad=True makes a new leaf of a number: backward() runs and ends there. The weights get no gradient, "
        "and training stands still without an error. The graph must be kept all the way; it cannot be put back.",
        "What is in the parameters' .grad after backward()?",
        _loss("torch.tensor(functional.cross_entropy(model(images), labels).item(), requires_grad=True)"),
    ),
    _known(
        "mean-over-classes-too",
        "The mean runs over the classes, too",
        "A product with one-hot labels has N x 5 entries, four fifths of them 0. Their mean is a fifth of the loss, "
        "and every step is a fifth as long. Sum over the classes first, then take the mean over the images.",
        "By what is the sum divided in your mean(): by the images, or by all entries?",
        _loss("-(functional.one_hot(labels, 5) * functional.log_softmax(model(images), dim=1)).mean()"),
    ),
    _known(
        "sum-for-mean",
        "The loss is summed over the batch",
        "Then it grows with the batch, and so does every step of gradient descent.",
        "What happens to your loss when the batch is doubled?",
        _loss('functional.cross_entropy(model(images), labels, reduction="sum")'),
    ),
)

VARIANTS: dict[str, Form] = {
    "the model keeps its softmax, the loss goes around it": Edit(
        (HEAD, HEAD + "        nn.Softmax(dim=1),\n"),
        (LOSS, "functional.cross_entropy(model[:-1](images), labels)"),
        (SHARES, "model(images)"),
    ),
    "log-softmax in the model": Edit(
        (HEAD, HEAD + "        nn.LogSoftmax(dim=1),\n"),
        (LOSS, "functional.nll_loss(model(images), labels)"),
        (SHARES, "model(images).exp()"),
    ),
    "log-softmax twice changes nothing": Edit(
        (LOSS, "nn.CrossEntropyLoss()(functional.log_softmax(model(images), dim=1), labels)"),
        (SHARES, "torch.softmax(functional.log_softmax(model(images), -1), -1)"),
    ),
    "by hand": Edit(
        (
            LOSS,
            "(torch.logsumexp(model(images), 1) - model(images)[torch.arange(len(labels)), labels]).mean()",
        ),
        (SHARES, "(model(images) - model(images).logsumexp(1, keepdim=True)).exp()"),
    ),
    "labels as distributions": _loss("functional.cross_entropy(model(images), functional.one_hot(labels, 5).float())"),
    "a graph is not needed": Edit(
        ("def probabilities(model, images):\n", "@torch.no_grad()\ndef probabilities(model, images):\n"),
        (LOSS, "functional.cross_entropy(model.forward(images), labels, label_smoothing=0.0)"),
    ),
    **TORCH,
}

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=MISCONCEPTIONS,
    variants=VARIANTS,
    equivalent={
        "line 20: without dim: functional.softmax(model(images), dim=1)": "for two axes PyTorch takes the last one",
    },
)
