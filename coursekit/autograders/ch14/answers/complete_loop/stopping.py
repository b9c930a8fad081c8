"""What goes wrong in the schedule and the early stopping of 14.8."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    AGAIN,
    BEST,
    BETTER,
    BREAK,
    EPOCHS,
    GROUPS,
    PATIENCE,
    PLATEAU,
    REDUCE,
    RESET,
    STALLED,
    STEPS,
    STOPPING,
    TRAINED,
    VALIDATED,
    known,
)

_BY_HAND = (
    STALLED + "            " + PLATEAU + "\n                " + GROUPS + "                    " + REDUCE + "\n" + AGAIN
)
_START = '    best_loss = float("inf")\n'
_SCHEDULER = "    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor, patience={})\n"


def _scheduled(patience: str, fed: str, *more: str) -> Edit:
    """PyTorch's schedule in the place of the one by hand, called after each epoch with some figure."""
    scheduler = _SCHEDULER.format(", ".join((patience, *more)))
    # No later than the improvement is decided on, for its pair with other changes.
    return Edit(
        (_START, _START + scheduler), (_BY_HAND, ""), (VALIDATED, VALIDATED + f"        scheduler.step({fed})\n")
    )


OF_STOPPING = (
    known(
        "patience-off-by-one",
        "The training ends an epoch too late or too early",
        "Patience is the number of epochs in a row without improvement that end the training: the epoch that makes "
        "them so many is the last.",
        "With patience=1, how many bad epochs does your loop train?",
        STOPPING,
        Edit((PATIENCE, "if waited > patience:")),
        Edit((PATIENCE, "if waited == patience - 1:")),
    ),
    known(
        "patience-not-set-back",
        "An improvement does not set the patience back",
        "Counted are all epochs without improvement, not those in a row: a long training ends in the midst of its "
        "progress.",
        "What does your counter do in an epoch that is an improvement?",
        STOPPING,
        Edit((_START, _START + "    waited = 0\n"), (RESET, "            stalled = 0\n")),
    ),
    known(
        "patience-set-back-by-the-schedule",
        "A reduction of the rate sets the patience back",
        "Then a plateau whose rate falls often enough never ends.",
        "Which events set each of your two counters to 0?",
        STOPPING,
        Edit((AGAIN, "                stalled = waited = 0\n")),
        Edit((AGAIN, AGAIN + "                continue\n")),
    ),
    known(
        "never-stops",
        "The training never ends before max_epochs",
        "Patience has no effect: the epochs are counted, or not even that, and nothing follows.",
        "Which line of yours leaves the loop?",
        STOPPING,
        Edit((BREAK, "                pass\n")),
    ),
    known(
        "epochs-off-by-one",
        "One epoch too few is trained",
        "range(1, n) ends before n.",
        "How many epochs does your loop train with max_epochs=3 if all are improvements?",
        STOPPING,
        Edit((EPOCHS, "range(1, max_epochs)")),
    ),
    known(
        "ties-improve",
        "An equal loss counts as an improvement",
        "Lower was asked for: a loss that stands still would never use up patience.",
        "What does your comparison say of two equal losses?",
        STOPPING,
        Edit((BETTER, "if val_loss <= best_loss:")),
        Edit((BETTER, "if not val_loss > best_loss:")),
    ),
    known(
        "small-improvements-ignored",
        "An improvement that is very small counts as none",
        "Lower by however little was asked for. Many a default wants more: ReduceLROnPlateau's threshold is a relative "
        "1e-4, so a loss that falls slowly and steadily loses its rate.",
        "From which difference on does your comparison speak of an improvement?",
        STOPPING,
        Edit((BETTER, "if val_loss < best_loss - 1e-4:")),
        Edit((BETTER, "if val_loss < best_loss - 1e-3:")),
        Edit((BETTER, "if val_loss < best_loss * (1 - 1e-4):")),
        _scheduled("lr_patience - 1", "val_loss"),
    ),
    known(
        "compared-with-the-epoch-before",
        "The loss is compared with that of the epoch before, not with the best",
        "After a jump upwards every small step down then counts as an improvement, far above the best.",
        "Which loss does your code compare with after epoch 3 of the example?",
        STOPPING,
        Edit((BETTER, "improved = val_loss < best_loss\n        best_loss = val_loss\n        if improved:")),
    ),
    known(
        "decided-by-the-training-loss",
        "The training loss decides",
        "It falls as long as the model learns anything by heart: neither schedule nor early stopping ever acts.",
        "Which of your figures says something of images that the model has not learned from?",
        STOPPING,
        Edit((BETTER, "if train_loss < best_loss:"), (BEST, "best_loss, best_epoch = train_loss, epoch")),
    ),
    known(
        "decided-by-the-accuracy",
        "The validation accuracy decides",
        "Here the loss was to. The two need not agree: a few images that are very wrong spoil the loss and hardly "
        "change the accuracy.",
        "Which figure does the text compare?",
        STOPPING,
        Edit(
            (_START, "    best_loss = 0.0\n"),
            (BETTER, "if val_accuracy > best_loss:"),
            (BEST, "best_loss, best_epoch = val_accuracy, epoch"),
        ),
        Edit((BETTER, "if val_accuracy < best_loss:"), (BEST, "best_loss, best_epoch = val_accuracy, epoch")),
    ),
    known(
        "higher-is-better",
        "A higher loss counts as an improvement",
        "Losses are to fall, accuracies to rise.",
        "What does your comparison say of losses that fall?",
        STOPPING,
        Edit((BETTER, "if val_loss > best_loss:"), (_START, "    best_loss = 0.0\n")),
    ),
    known(
        "learns-from-validation-data",
        "The validation images are trained on",
        "The validation loss then falls like the training loss, and nothing is left that tells learning from "
        "learning by heart.",
        "Which images go through train_epoch?",
        STEPS,
        Edit((TRAINED, TRAINED.replace("training)", "training + validation)"))),
        Edit((TRAINED, TRAINED.replace("training)", "validation)"))),
        Edit((VALIDATED, "        val_loss, val_accuracy = train_epoch(model, loss_fn, optimizer, validation)\n")),
    ),
    known(
        "evaluates-training-data",
        "The training images are evaluated in the place of the validation images",
        "What is called validation then says nothing of unseen images.",
        "Which images go through evaluate?",
        STEPS,
        Edit((VALIDATED, VALIDATED.replace("validation)", "training)"))),
    ),
    known(
        "validated-before-training",
        "Each epoch is evaluated before it is trained",
        "The figures belong to the weights of the epoch before, and the last epoch's work is never judged.",
        "Which weights does the first validation loss belong to?",
        STEPS,
        Edit((TRAINED, ""), (VALIDATED, VALIDATED + TRAINED)),
    ),
)

OF_SCHEDULE = (
    known(
        "plateau-off-by-one",
        "The rate falls an epoch too late or too early",
        "PyTorch's ReduceLROnPlateau acts when more than its patience epochs were bad, one later than Keras's and than "
        "what was asked for here.",
        "With lr_patience=1, after how many bad epochs does your rate fall?",
        STOPPING,
        Edit((PLATEAU, "if stalled > lr_patience:")),
        Edit((PLATEAU, "if stalled >= lr_patience - 1:")),
    ),
    known(
        "plateau-fed-the-training-loss",
        "The plateau schedule watches the training loss",
        "It falls as long as the model learns anything by heart: the rate is never reduced.",
        "Which figure does the plateau of the text speak of?",
        STOPPING,
        _scheduled("lr_patience - 1", "train_loss"),
    ),
    known(
        "plateau-fed-the-last-batch",
        "The plateau schedule watches the loss of the last validation batch",
        "It follows the luck of a few images, and not the mean.",
        "Which images does the number speak of that your schedule gets?",
        STOPPING,
        _scheduled("lr_patience - 1", "evaluate(model, loss_fn, validation[-1:])[0]"),
    ),
    known(
        "plateau-fed-the-accuracy",
        "The plateau schedule watches the accuracy",
        "Here it was to watch the loss. And where it takes lower for better, a rising accuracy makes the rate fall.",
        "Which figure does the plateau of the text speak of, and is lower better?",
        STOPPING,
        _scheduled("lr_patience - 1", "val_accuracy"),
        _scheduled("lr_patience - 1", "val_accuracy", "mode='max'"),
    ),
    known(
        "rate-never-falls",
        "The learning rate never changes",
        "A schedule that is made and not called, or a number that is changed and not put into the optimizer, has no "
        "effect.",
        "Print optimizer.param_groups[0]['lr'] after each epoch.",
        STOPPING,
        Edit((REDUCE, "pass")),
    ),
    known(
        "first-group-only",
        "Only the first parameter group gets the lower rate",
        "A second group, for example the head of a network, goes on with its old rate.",
        "How many groups may an optimizer have?",
        STOPPING,
        Edit((GROUPS, "for group in optimizer.param_groups[:1]:\n")),
    ),
    known(
        "one-rate-for-all-groups",
        "All parameter groups get the rate of the first",
        "Each group's own rate was to be multiplied. Groups have different rates for a reason.",
        "What are the rates of 0.1 and 0.01 after your reduction by half?",
        STOPPING,
        Edit((REDUCE, 'group["lr"] = rate * factor')),
    ),
    known(
        "plateau-not-counted-anew",
        "After a reduction the count of the plateau goes on",
        "Then every further bad epoch reduces the rate again, before the new one could show what it does.",
        "How many bad epochs lie between two reductions in your loop?",
        STOPPING,
        Edit((AGAIN, ""), (PLATEAU, "if stalled >= lr_patience:")),
    ),
    known(
        "reduced-only-once",
        "The rate falls once in each bad stretch",
        "After lr_patience further epochs it was to fall again.",
        "What happens in your loop after twice lr_patience bad epochs?",
        STOPPING,
        Edit((AGAIN, "")),
    ),
    known(
        "plateau-not-set-back",
        "An improvement does not set the count of the plateau back",
        "Counted are all epochs without improvement, not those in a row.",
        "What does the count do in an epoch that is an improvement?",
        STOPPING,
        Edit((_START, _START + "    stalled = 0\n"), (RESET, "            waited = 0\n")),
    ),
    known(
        "goes-back-with-each-reduction",
        "The best weights are put back whenever the rate falls",
        "Some do so on purpose. Here every epoch goes on from the weights of the one before.",
        "From which weights does the epoch after a reduction go on?",
        STOPPING,
        Edit((AGAIN, AGAIN + "                model.load_state_dict(best_state)\n")),
    ),
    known(
        "reduced-in-every-epoch",
        "The rate falls in every epoch",
        "That is another schedule: this one waits for a plateau.",
        "After which epochs of the example does your rate fall?",
        STOPPING,
        Edit(
            (_BY_HAND, ""),
            (
                VALIDATED,
                VALIDATED
                + "        for group in optimizer.param_groups:\n            group['lr'] = group['lr'] * factor\n",
            ),
        ),
    ),
)
