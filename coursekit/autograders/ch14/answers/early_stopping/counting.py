"""What goes wrong in counting epochs in 14.4: patience, its counter, the number of epochs."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import BETTER, BREAK, ELSE, EPOCHS, KEEP, STOP, TRAIN, WAIT, known

OF_COUNTING = (
    known(
        "patience-one-too-long",
        "The training goes on for one epoch too many",
        "With patience 2 the second epoch in a row without improvement is the last. A counter that is compared before "
        "it is raised, or with > instead of >=, waits for a third. (PyTorch's ReduceLROnPlateau counts like that, "
        "Keras's EarlyStopping does not: read which one is meant.)",
        "With patience 1: after which epoch without improvement does your loop end?",
        Edit((STOP, STOP.replace(">=", ">"))),
    ),
    known(
        "patience-one-too-short",
        "The training ends one epoch too early",
        "A counter that begins at 1, or that counts the best epoch itself, gives up one epoch before its patience "
        "ends.",
        "What does your counter say right after an improvement?",
        Edit((STOP, STOP.replace("patience", "patience - 1"))),
        Edit((KEEP, KEEP.replace("epoch, 0", "epoch, 1"))),
    ),
    known(
        "no-patience",
        "The training ends at the first epoch without improvement",
        "Validation losses go up and down. Whoever stops at the first bad epoch stops at the noise.",
        "What is patience compared with in your code?",
        Edit((STOP, "            if True:\n")),
    ),
    known(
        "never-stops",
        "The training never ends early",
        "The counter is raised, and nobody leaves the loop when patience is used up: all epochs are trained.",
        "Which line ends the loop, and is it ever reached?",
        Edit((BREAK, "                pass\n")),
        Edit((TRAIN, TRAIN + "        wait = 0\n")),
    ),
    known(
        "counter-never-reset",
        "All epochs without improvement are counted, not those in a row",
        "After an improvement the patience begins anew. A counter that is not set back ends every long training, "
        "however well it goes.",
        "What should an improvement do to the counter?",
        Edit((KEEP, "            best_loss, best_epoch = loss, epoch\n")),
    ),
    known(
        "counter-lowered-not-reset",
        "An improvement takes one off the counter instead of setting it to 0",
        "What counts is how many epochs in a row brought nothing: after an improvement that is none.",
        "How many epochs in a row without improvement are there right after one?",
        Edit((KEEP, "            best_loss, best_epoch, wait = loss, epoch, max(wait - 1, 0)\n")),
    ),
    known(
        "only-worse-epochs-count",
        "Only epochs that are worse than the best are counted",
        "Every epoch that is no improvement uses up patience: also one that equals the best, or is better by too "
        "little. Else a loss that stands still, or creeps, trains for ever.",
        "What does your code do in an epoch whose loss equals the best?",
        Edit((ELSE, "        elif loss > best_loss:\n")),
        Edit((ELSE, "        elif loss > best_loss + min_delta:\n")),
        Edit((BETTER, "loss < best_loss"), (ELSE, "        elif loss > best_loss + min_delta:\n")),
        Edit((ELSE, "        elif not loss <= best_loss:\n")),
        Edit((ELSE, "        elif loss >= best_loss:\n")),
        Edit((ELSE, "        elif not loss < best_loss:\n")),
        Edit((WAIT, "            wait = wait + 1 if loss > best_loss else 0\n")),
    ),
    known(
        "counts-rises-in-a-row",
        "Counted are epochs that are worse than the one before",
        "A loss that rises once and then falls slowly, always above the best, never ends such a training.",
        "Your best loss is 3, then come 6, 5, 4: how many epochs without improvement is that?",
        Edit((WAIT, "            wait = wait + 1 if loss > ([math.inf] + losses)[-2] else 0\n")),
        Edit((WAIT, "            wait = 0 if loss < ([math.inf] + losses)[-2] - min_delta else wait + 1\n")),
        Edit((WAIT, "            wait += loss > ([math.inf] + losses)[-2]\n")),
    ),
    known(
        "epochs-off-by-one",
        "One epoch too few, or one too many, is trained",
        "range ends before its second number. max_epochs is the most epochs that are trained, and is reached where "
        "nothing ends the training before.",
        "With max_epochs=1, how many epochs does your loop train?",
        Edit((EPOCHS, "range(1, max_epochs)")),
        Edit((EPOCHS, "range(1, max_epochs + 2)")),
    ),
    known(
        "trains-twice-per-epoch",
        "train_epoch is called twice in an epoch",
        "A call that is made to print or keep the training loss trains all the same.",
        "How often does train_epoch run in one pass of your loop?",
        Edit((TRAIN, TRAIN + TRAIN)),
    ),
)
