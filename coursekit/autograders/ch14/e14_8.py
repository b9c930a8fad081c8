"""14.8, the capstone: a complete training loop with figures, early stopping, a plateau schedule and checkpoints."""

from __future__ import annotations

from coursekit.autograders.loop_capstone import LISTS, observe
from coursekit.grading.exercise import Check, Exercise

STATEMENT = """\
The capstone of the chapter: a complete training loop for three classes, with a history of figures, checkpoints, a
plateau schedule and early stopping. Write four functions in PyTorch. Each is judged on its own; `fit` may call the
first two, or do without them.

- `model` is a `torch.nn.Module`; `model(images)` gives logits `(N, 3)`. It may hold dropout and batch norm.
- `loss_fn(logits, labels)` gives the mean loss of one batch, a tensor; it takes the logits as they are.
- `optimizer` is a `torch.optim.Optimizer` that holds all parameters of the model.
- `batches`, `training` and `validation` are lists of pairs `(images, labels)`: float32 `(N, C, H, W)` and int64 `(N,)`;
  `N` differs from batch to batch and may be 1. No list is empty.
- A **loss** of several batches is the mean over their *images*: each counts the same, whichever batch it is in. An
  **accuracy** is the share of the images, from 0 to 1, whose largest logit is the one of their label (no two are
  equally large). Both are Python `float`s wherever they are returned. All losses are finite.

**`train_epoch(model, loss_fn, optimizer, batches)`** trains for one epoch and returns the pair `(loss, accuracy)`. It
goes through the batches in their order, and each makes one step with the gradients of that batch alone; what is in
`.grad` when the call begins does not count. In whatever mode the model arrives, it learns in training mode. Both
figures are made of the logits that the model learns from: in training mode, and before the step of their batch.

**`evaluate(model, loss_fn, batches)`** returns the pair `(loss, accuracy)` of the model as it is: the whole model is in
evaluation mode, nothing is recorded for gradients, weights and the statistics of batch norm do not change. In which
mode the model is *after* a call of any of the functions does not matter.

**`fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor)`** trains for
`max_epochs` epochs at most. An epoch is: train on all of `training` once, then evaluate on `validation`. What happens
next is decided by the **validation loss** alone:

- The epoch is an *improvement* if its validation loss is lower than that of every epoch before, by however little. An
  equal one is none; the first epoch is always one. The last improvement so far is the *best epoch*.
- **Checkpoint.** After each improvement, before the next epoch begins, a file is written to `path` (a `str` or a
  `pathlib.Path`; its folder exists), in the place of the one before. It is written by `torch.save`, and
  `torch.load(path, weights_only=True)` reads it: a dict with `"epoch"`, the number of the epoch, counted from 1, an
  `int`; `"model"`, the `state_dict()` of the model, and `"optimizer"`, that of the optimizer, both as they are at that
  moment. More entries do no harm. After other epochs the file stays as it is.
- **Plateau schedule.** `lr_patience` (1 or more) epochs in a row without improvement multiply the learning rate of
  *every* parameter group by `factor` (between 0 and 1), before the next epoch. Then this count begins again at 0, as
  it does after an improvement.
- **Early stopping.** `patience` (1 or more) epochs in a row without improvement end the training. A reduction of the
  rate does not change this count.

For example: with `patience=5`, `lr_patience=2` and the validation losses 5, 4, 6, 4, 3, 7, 5, 3, 8, 9, 1, epochs 1, 2
and 5 are improvements; the rate is multiplied after epochs 4, 7 and 9; the training ends after epoch 10, and the best
epoch is 5.

Every epoch goes on from the weights of the one before. At the end, **however it came**, the model holds the weights and
buffers that it had after the best epoch. What the optimizer holds then does not matter. Returned is a dict with
these keys, and perhaps with others:

| key | value |
|---|---|
| `"train_loss"`, `"train_accuracy"` | lists with a float for each trained epoch: as `train_epoch` gives them |
| `"val_loss"`, `"val_accuracy"` | the same for `validation`, after each epoch: as `evaluate` gives them |
| `"learning_rate"` | such a list, too: the rate of the first parameter group *with which* the epoch was trained |
| `"best_epoch"` | the number of the best epoch, counted from 1, an `int` |

**`plot_accuracy(history, axes)`**, the bonus, draws such a dict on matplotlib's `axes`, as from
`figure, axes = plt.subplots()`: the training and the validation accuracy, as they are, over the number of the epoch,
counted from 1. The two lines have labels with the words `training` and `validation`, shown in a legend; the label of
the x axis has the word `epoch`, that of the y axis `accuracy`; capitals or not. It draws no other line with such a
label, and what it returns does not matter.

PyTorch's `ReduceLROnPlateau` may be used: mind what it counts. Who knows Keras: `fit` is
`ModelCheckpoint(save_best_only=True)`, `ReduceLROnPlateau` and `EarlyStopping(restore_best_weights=True)` in one, and
their patience counts as here.
"""

STARTER = '''\
import torch


def train_epoch(model, loss_fn, optimizer, batches):
    """Train for one epoch; return (loss, accuracy) of the training batches."""
    raise NotImplementedError


def evaluate(model, loss_fn, batches):
    """Return (loss, accuracy) of the model as it is."""
    raise NotImplementedError


def fit(model, loss_fn, optimizer, training, validation, path, max_epochs, patience, lr_patience, factor):
    """Train with checkpoints, a plateau schedule and early stopping; return the history."""
    raise NotImplementedError


def plot_accuracy(history, axes):
    """Draw training and validation accuracy over the epochs."""
    raise NotImplementedError
'''

RUNS = {
    "long": "a training with two bad stretches",
    "ties": "a training with an equal loss, lr_patience=1",
    "limit": "a training that runs out of epochs",
    "short": "a training with lr_patience above patience",
    "rising": "a training whose last epoch is the best",
    "slow": "a training with very small improvements",
}
PARTS = {
    "epochs": "epochs trained",
    "rates": "learning rates of both groups in each epoch",
    "holds": "weights in the model at the end",
    "numbers": "the numbers in the model at the end",
    "loads": "what was loaded into the model",
    "files": "weights in the file before each epoch",
    "file.model": "weights in the file at the end",
    "file.numbers": "the numbers in the file at the end",
    "file.epoch": "epoch in the file",
    "file.rates": "learning rates in the file",
    "file.next": "momenta in the file, by the next step",
    "best_epoch": "best epoch returned",
    "kinds": "types in the history",
    **{name: f"{name} in the history" for name in LISTS},
}


def _of(runs: str, *parts: str) -> dict[str, str]:
    return {f"fit.{run}.{part}": f"{PARTS[part]} ({RUNS[run]})" for run in runs.split() for part in parts}


EXERCISE = Exercise(
    id="14.8",
    title="Capstone: a complete training loop",
    statement=STATEMENT,
    starter=STARTER,
    entry=("train_epoch", "evaluate", "fit", "plot_accuracy"),
    framework="torch",
    observe=observe,
    # Every function is tried on several inputs within one.
    rounds=1,
    # Drawing for the first time on a machine, matplotlib looks through its fonts.
    seconds=30.0,
    reading="Chapter 14, The nine steps",
    checks=(
        Check(
            name="steps",
            title="Each batch makes one step, with its own gradients, in training mode",
            points=2,
            fields={"train.weights": "weights after three epochs (dropout, SGD with momentum)"},
            rtol=1e-3,
            atol=1e-4,
            advice="Go through one batch aloud: mode, gradients, forward, loss, backward, step.",
        ),
        Check(
            name="training-figures",
            title="Training loss and accuracy are means over images, of the logits that are learned from",
            points=2,
            fields={
                "train.frozen": "figures of batches of 1, 3 and 4 images, at a learning rate of 0",
                "train.once": "figures of a single batch, at a high learning rate",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Work it out by hand for a batch of 3 images with mean loss 1 and one of a single image with loss "
            "5. Is your result 2?",
        ),
        Check(
            name="validation-figures",
            title="Validation loss and accuracy are means over images",
            points=1,
            fields={
                "evaluate.ragged.loss": "loss of batches of 1, 3 and 4 images",
                "evaluate.ragged.accuracy": "accuracy of batches of 1, 3 and 4 images",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Print the logits of one batch, what you take for the predicted classes, and the labels.",
        ),
        Check(
            name="evaluation",
            title="An evaluation is in evaluation mode, records nothing and changes nothing",
            points=2,
            fields={
                "evaluate.modes.loss": "loss with batch norm and dropout",
                "evaluate.modes.graphs": "graphs from the logits back to the weights",
                "evaluate.modes.statistics": "statistics of batch norm after the call",
                "evaluate.modes.weights": "weights after the call",
            },
            rtol=1e-4,
            atol=1e-5,
            advice="Evaluation mode and recording are two switches. In which position is each of them?",
        ),
        Check(
            name="floats",
            title="All figures are Python floats",
            points=1,
            fields={
                "train.kinds": "types of what train_epoch returned",
                "evaluate.ragged.kinds": "types of what evaluate returned",
                **_of("long", "kinds"),
            },
            advice="Print type(...) of each figure.",
        ),
        Check(
            name="stopping",
            title="The training ends when its patience does, or its epochs",
            points=2,
            fields=_of("long ties limit short rising slow", "epochs"),
            advice="Play the example of the text by hand, and write down your counter after each epoch.",
        ),
        Check(
            name="plateau",
            title="The learning rates fall after lr_patience epochs without improvement",
            points=2,
            fields=_of("long ties limit slow", "rates"),
            advice="Play the example of the text: after which epochs does your rate fall, and that of which groups?",
        ),
        Check(
            name="best-weights",
            title="The model ends with what it had after its best epoch",
            points=2,
            fields=_of("long ties limit rising", "holds", "numbers", "loads"),
            advice="Training changes the model's tensors in place. What becomes of a state_dict() that you kept?",
        ),
        Check(
            name="checkpoint",
            title="The file holds the best epoch so far, at any time",
            points=2,
            fields=_of("long ties", "files", "file.model", "file.numbers", "file.epoch"),
            advice="After each epoch, load the file into another model and evaluate that: which epoch's loss is it?",
        ),
        Check(
            name="optimizer",
            title="The optimizer is in the file, too",
            points=1,
            fields=_of("long ties", "file.rates", "file.next"),
            advice="What does a training need besides its weights to go on as if there had been no break?",
        ),
        Check(
            name="history",
            title="The history has the figures of every trained epoch, and the best epoch",
            points=1,
            fields=_of("long limit", *LISTS, "best_epoch"),
            rtol=1e-4,
            atol=1e-6,
            advice="How long is each list, and which epoch, which data and which moment does its third entry speak of?",
        ),
        Check(
            name="whole",
            title="All of it together, with a real network",
            points=1,
            fields={
                "whole.train_loss": "training losses of three epochs (dropout, batch norm)",
                "whole.val_loss": "validation losses of three epochs",
            },
            rtol=1e-3,
            atol=1e-4,
            advice="Print model.training at the first batch of each epoch.",
        ),
        Check(
            name="plot",
            title="The accuracies are drawn over the epochs, with labels and a legend",
            points=1,
            fields={"plot.lines": "the lines labelled training and validation", "plot.words": "what is written"},
            advice="Look at the picture: where does the curve begin, and could somebody else say what it shows?",
        ),
    ),
    hints=(
        "Take the functions one by one. In fit, two things are counted and one is kept: what sets each of them back, "
        "and when does it change?",
        "An epoch is an improvement or it is not: two branches. In one, keep the loss, the epoch and a copy of the "
        "state, save the file and set both counters to 0; in the other both go up, and each is compared with its "
        "patience. Put the state back after the loop.",
        "copy.deepcopy(model.state_dict()) is a copy. ReduceLROnPlateau reduces when *more* than its patience epochs "
        "were bad: by hand, with for group in optimizer.param_groups: group['lr'] *= factor, it is four lines. Write "
        "down optimizer.param_groups[0]['lr'] before the epoch, not after.",
    ),
)
