"""What goes wrong in telling an improvement in 14.4: against what, by how much, of which loss, and NaN."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import APPEND, BETTER, BREAK, COPY, ELSE, KEEP, LOSS, TRAIN, WAIT, better, known

_LEVEL = "best_loss, wait, losses = math.inf, 0, []"

OF_IMPROVING = (
    known(
        "higher-is-better",
        "A higher loss counts as an improvement",
        "That is right for an accuracy. With a loss the worst epoch is kept, and a falling loss ends the training.",
        "Which of the two is better: a loss of 0.3 or of 0.4?",
        Edit((BETTER, "loss > best_loss + min_delta"), ("math.inf", "-math.inf")),
        better("loss > best_loss + min_delta"),
    ),
    known(
        "min-delta-ignored",
        "Any lower loss counts as an improvement",
        "min_delta is there so that gains too small to matter do not keep a training alive.",
        "Where does min_delta stand in your code?",
        better("loss < best_loss"),
    ),
    known(
        "min-delta-of-the-wrong-sign",
        "Losses that are a little worse count as improvements",
        "Added instead of subtracted, min_delta makes it easier to improve, not harder: the best loss climbs.",
        "With a best loss of 5 and min_delta=1: is 5.5 an improvement in your code?",
        better("loss < best_loss + min_delta"),
        better("loss <= best_loss + min_delta"),
    ),
    known(
        "equal-counts-as-better",
        "A gain of exactly min_delta counts as an improvement",
        "Asked for was more than min_delta. With min_delta=0 a loss that stands still would improve in every epoch and "
        "never end.",
        "With min_delta=0: is a loss that equals the best an improvement in your code?",
        better("loss <= best_loss - min_delta"),
    ),
    known(
        "min-delta-as-a-share",
        "min_delta is taken as a share of the best loss",
        "PyTorch's ReduceLROnPlateau does so by default, early stopping does not: min_delta is a difference, in the "
        "unit of the loss.",
        "With a best loss of 5 and min_delta=0.1, from which loss on is there an improvement?",
        better("loss < best_loss * (1 - min_delta)"),
        better("best_loss - loss > min_delta * abs(best_loss) or best_loss == math.inf"),
    ),
    known(
        "any-change-counts",
        "A change in either direction counts as an improvement",
        "abs() forgets whether the loss fell or rose.",
        "What does your condition say of a loss that rises a lot?",
        better("abs(best_loss - loss) > min_delta"),
        better("abs(loss - ([math.inf] + losses)[-2]) > min_delta"),
    ),
    known(
        "compared-with-the-epoch-before",
        "An epoch is compared with the one before, not with the best",
        "After a bad epoch a less bad one looks like an improvement: the counter starts anew, and weights are kept "
        "that are not the best.",
        "Losses 3, 6, 5: is the last one an improvement?",
        Edit((WAIT, WAIT + "            best_loss = loss\n")),
        Edit((WAIT, WAIT + "            best_loss = loss if loss == loss else best_loss\n")),
    ),
    known(
        "small-gains-move-the-best",
        "Gains of min_delta or less change the best, too",
        "What is no improvement changes neither the best loss nor its epoch nor its weights. If the level to beat "
        "follows every small gain, a loss that creeps down for long never counts as improving.",
        "Losses 5, 4.5, 3.9 with min_delta=1: is the last an improvement?",
        Edit((WAIT, WAIT + "            best_loss = loss if loss < best_loss else best_loss\n")),
        Edit(
            (
                WAIT,
                WAIT
                + "            if loss < best_loss:\n                best_loss, best_epoch = loss, epoch\n    "
                + COPY,
            )
        ),
        Edit(
            (_LEVEL, _LEVEL + "\n    lowest = math.inf"),
            (KEEP, "            best_loss, wait = loss, 0\n"),
            (COPY, ""),
            (APPEND, APPEND + "        if loss < lowest:\n            lowest, best_epoch = loss, epoch\n" + COPY),
        ),
    ),
    known(
        "training-loss-watched",
        "The training loss decides, not the validation loss",
        "The training loss goes on falling when the model begins to learn its training images by heart: that is the "
        "very moment at which to stop.",
        "Which of the two losses says how the model does on images that it has not seen?",
        Edit((TRAIN, ""), (LOSS, "        loss = train_epoch(model)\n")),
        Edit(
            (TRAIN, ""),
            (LOSS, "        loss = train_epoch(model)\n"),
            ("losses.append(loss)", "losses.append(validate(model))"),
        ),
        Edit((TRAIN, "        loss = train_epoch(model)\n"), (LOSS, "        loss += validate(model)\n")),
    ),
    known(
        "validated-before-trained",
        "The epoch is validated before it is trained",
        "The loss then belongs to the weights of the epoch before, and the copy to those after the training.",
        "Which weights does validate see in your first epoch?",
        Edit((TRAIN + LOSS, LOSS + TRAIN)),
        Edit((TRAIN + LOSS, LOSS), (WAIT, WAIT), (BREAK, BREAK + TRAIN)),
    ),
    known(
        "best-starts-at-a-guess",
        "The best loss starts at a number that a loss may never fall below",
        "A loss may be of any size. Only infinity is above all of them; a first loss that is above the guess is no "
        "improvement, and nothing is kept.",
        "What does your code keep if every loss is a million?",
        *(Edit(("math.inf", guess)) for guess in ("0.0", "100.0")),
    ),
    known(
        "nan-counts-as-better",
        "A loss of NaN counts as an improvement",
        "Every comparison with NaN is false, so `not loss >= best` holds for it, and so does an else branch that was "
        "meant for improvements. After it NaN is the best loss, and comparisons with it mean nothing.",
        "In which branch does your code land with a loss of NaN?",
        better("not loss >= best_loss - min_delta"),
    ),
    known(
        "whatever-is-not-worse-counts",
        "Whatever is not worse counts as an improvement",
        "With the question for a worse loss first, the else branch gets all the rest: an equal loss, and NaN, for "
        "which every comparison is false.",
        "Which losses end up in your else branch?",
        better("not loss > best_loss - min_delta"),
        better("not loss > best_loss"),
    ),
    known(
        "first-loss-taken-as-best",
        "The loss of the first epoch is taken as the best whatever it is",
        "If it is NaN, nothing is ever lower, and the weights of that epoch stay the best.",
        "What if the very first loss is NaN?",
        better("epoch == 1 or loss < best_loss - min_delta"),
    ),
    known(
        "nan-not-counted",
        "An epoch with a loss of NaN does not use up patience",
        "A training whose loss has become NaN does not recover: if such epochs count for nothing, it runs to its end.",
        "What does your counter do in an epoch with a loss of NaN?",
        Edit((ELSE, "        elif loss >= best_loss - min_delta:\n")),
        Edit((APPEND, "        if math.isnan(loss):\n            continue\n" + APPEND)),
    ),
    known(
        "nan-ends-the-training",
        "The first loss of NaN ends the training",
        "That may be wise elsewhere. Here an epoch with NaN is one without improvement, and patience decides.",
        "How many epochs with NaN does the text allow?",
        Edit((APPEND, APPEND + "        if math.isnan(loss):\n            break\n")),
        Edit((APPEND, APPEND + "        if math.isnan(loss):\n            raise ValueError('the loss is NaN')\n")),
    ),
)
