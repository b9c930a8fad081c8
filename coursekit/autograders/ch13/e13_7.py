"""13.7, the capstone: a ten-class network, its training, a sweep of rates, and what the curves say."""

from __future__ import annotations

from coursekit.autograders.capstone import observe
from coursekit.grading.exercise import Check, Exercise

STATEMENT = """\
The capstone of the chapter: train a small network with Adam and with SGD, and let the data say which of them
converges faster and which oscillates. Write eight functions in PyTorch; each is judged on its own.

**`build_cnn(in_channels, num_classes)`** returns a `torch.nn.Module` that takes images, float32
`(N, in_channels, 16, 16)` for any `N`, and returns **logits**, `(N, num_classes)`. It has at least one 2-D
convolution, is no linear map of the image, and all of its weights learn.

**`make_optimizer(name, model, learning_rate, weight_decay=0.0)`** returns an optimizer for all parameters of
the model: for `"adam"` Adam with PyTorch's other settings as they are, for `"sgd"` SGD with plain momentum of
0.9. Bonus: the weight decay, for both of them, is the one that adds `weight_decay * weight` to the gradient, as
PyTorch's SGD and Adam have it.

**`train(model, loss_fn, optimizer, batches, epochs)`** trains for some epochs and returns the loss of **every
batch**, as it was before that batch's step: one flat list of `epochs * len(batches)` Python floats, in the
order of training. `batches` is a list of pairs `(images, labels)`; `loss_fn(logits, labels)` takes logits and
gives the mean loss of the batch. Each batch makes one step, with its own gradients alone. In whatever mode the
model arrives, it learns in training mode.

**`epoch_means(losses, sizes)`** turns such a list into the curve over the epochs: a list with one float per
epoch, its mean loss **over images**. `sizes` says how many images each batch of an epoch has; every epoch has
the same batches.

**`binary_loss(logits, labels)`** is the loss for a task of two classes and one logit: the mean binary
cross-entropy, a tensor that `backward()` can be called on. `logits` is float32 `(N, 1)`, `labels` int64 `(N,)`
of zeros and ones. It is right also for logits of 200 or -200.

**`learning_rate_sweep(model, run, rates)`** tries learning rates and returns a dict: rate -> what `run`
returned for it. `run(model, rate)` trains the model that it is given and returns a list of losses, for example
`lambda model, rate: train(model, loss_fn, make_optimizer("sgd", model, rate), batches, 5)`. Every rate starts
from the initial weights of `model`, and `model` itself is the same after the sweep as before.

**`best_rate(curves)`** gets a dict, rate -> list of epoch means, and returns the rate whose **last** value is
the lowest. A curve with a NaN or an infinity anywhere has diverged, and its rate is never the best one. (One
rate at least has not diverged.)

**`compare(curves, threshold)`** gets a dict with two entries, name -> list of batch losses, both of one length
and all of them finite, and returns `{"faster": name, "oscillates": name}`:

- *faster* is the curve that needs fewer batches until a loss is below `threshold` for the first time; one that
  never gets there is slower than one that does. (One of them does, and there are no ties.)
- *oscillates* is the curve that rises more: add up, over all pairs of neighbours in the curve, by how much the
  later loss is above the earlier one; a pair that falls counts zero.
"""

STARTER = '''\
import torch
from torch import nn


def build_cnn(in_channels, num_classes):
    """Return a network: images (N, in_channels, 16, 16) -> logits (N, num_classes)."""
    raise NotImplementedError


def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    """Return the optimizer "adam" or "sgd" (momentum 0.9) for the model."""
    raise NotImplementedError


def train(model, loss_fn, optimizer, batches, epochs):
    """Train; return the loss of every batch as a flat list of floats."""
    raise NotImplementedError


def epoch_means(losses, sizes):
    """Return the mean loss over images of every epoch."""
    raise NotImplementedError


def binary_loss(logits, labels):
    """Return the mean binary cross-entropy of logits (N, 1) and labels (N,)."""
    raise NotImplementedError


def learning_rate_sweep(model, run, rates):
    """Return a dict: rate -> run(model, rate), each from the same initial weights."""
    raise NotImplementedError


def best_rate(curves):
    """Return the rate whose curve ends lowest, of those that did not diverge."""
    raise NotImplementedError


def compare(curves, threshold):
    """Return {"faster": name, "oscillates": name}."""
    raise NotImplementedError
'''

EXERCISE = Exercise(
    id="13.7",
    title="Capstone: Adam against SGD",
    statement=STATEMENT,
    starter=STARTER,
    entry=(
        "build_cnn",
        "make_optimizer",
        "train",
        "epoch_means",
        "binary_loss",
        "learning_rate_sweep",
        "best_rate",
        "compare",
    ),
    framework="torch",
    observe=observe,
    # Every function is tried on several inputs within one.
    rounds=1,
    reading="Chapter 13, Putting it together",
    checks=(
        Check(
            name="logits",
            title="The network is a CNN and returns one logit per class",
            points=2,
            fields={
                "networks.shapes": "shapes of the outputs for 1, 5 and 8 images, with 3 channels and 10 classes",
                "networks.other": "the same with 1 channel and 4 classes",
                "networks.outputs": "what the outputs are",
                "networks.convolution": "whether a convolution runs",
                "networks.linear": "whether it is a linear map of the image",
            },
            advice="Print model(images) for a few random images: which values can it take?",
        ),
        Check(
            name="layers",
            title="All layers of the network learn",
            points=2,
            fields={
                "networks.loss": "loss on one batch, in forty steps of Adam",
                "networks.unseen": "learnable tensors that model.parameters() does not give",
                "networks.still": "weights that never change",
            },
            advice="What does model.parameters() list, and is it all?",
        ),
        Check(
            name="optimizers",
            title="Adam, and SGD with momentum 0.9, step as they should",
            points=2,
            fields={
                "optimizers.sgd": "weights after each of four steps of SGD",
                "optimizers.adam": "weights after each of four steps of Adam",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Which settings does the optimizer get, and which does it leave at its defaults?",
        ),
        Check(
            name="decay",
            title="Weight decay is added to the gradient",
            points=1,
            fields={
                "optimizers.sgd_decay": "weights after each of four steps of SGD with weight decay",
                "optimizers.adam_decay": "weights after each of four steps of Adam with weight decay",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Compare the weights with and without weight decay after one step.",
        ),
        Check(
            name="training",
            title="The weights after three epochs are right",
            points=2,
            fields={"training.weights": "weights after three epochs (dropout, SGD with momentum)"},
            rtol=1e-3,
            atol=1e-4,
            advice="Go through one batch aloud: mode, gradients, forward, loss, backward, step.",
        ),
        Check(
            name="log",
            title="The loss of every batch is logged",
            points=2,
            fields={
                "training.frozen": "losses of two epochs of three batches, at a learning rate of zero",
                "training.before": "loss of a single batch",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="How many numbers come back for two epochs of three batches, and what is each of them?",
        ),
        Check(
            name="floats",
            title="The losses are Python floats",
            points=1,
            fields={"training.kinds": "types in the list"},
            advice="Print type(...) of an entry.",
        ),
        Check(
            name="means",
            title="The epoch's loss is a mean over images",
            points=1,
            fields={"means": "means of the epochs"},
            advice="Does an image in the small last batch weigh as much as any other?",
        ),
        Check(
            name="binary",
            title="Binary cross-entropy of logits",
            points=2,
            fields={
                "binary.several": "five logits",
                "binary.one": "one logit",
                "binary.large": "logits of some hundreds",
            },
            rtol=1e-4,
            atol=1e-6,
            advice="Look at the shapes and types of both arguments, and at what the loss expects.",
        ),
        Check(
            name="sweep",
            title="Every rate of the sweep starts from the same weights",
            points=2,
            fields={"sweep.curves": "rates and losses", "sweep.model": "the model after the sweep"},
            rtol=1e-3,
            atol=1e-4,
            advice="Which weights does the second rate find?",
        ),
        Check(
            name="best",
            title="The best rate ends lowest and has not diverged",
            points=1,
            fields={"best": "best rates of three sweeps"},
            advice="How does a NaN compare with a number?",
        ),
        Check(
            name="faster",
            title="The curve that converges faster",
            points=1,
            fields={"compared.faster": "faster ones of four pairs"},
            advice="Speed is a number of batches. What is that number where the threshold is never reached?",
        ),
        Check(
            name="oscillates",
            title="The curve that oscillates more",
            points=1,
            fields={"compared.oscillates": "oscillating ones of four pairs"},
            advice="What does your measure say of a curve that only falls?",
        ),
    ),
    hints=(
        "Take the functions one by one; none needs another to be finished. Try each on random tensors and look at "
        "shapes, types and a few numbers before you check.",
        "Losses in PyTorch take logits, so the network ends in a linear layer. A loop needs clean gradients for every "
        "batch; a sweep needs a fresh copy of the model for every rate; no number is smaller or larger than a NaN.",
        "copy.deepcopy(model) is a model of its own. binary_cross_entropy_with_logits wants two float tensors of one "
        "shape. math.isfinite finds the diverged curves; the first batch below the threshold is next(..., infinity) "
        "over enumerate(losses).",
    ),
)
