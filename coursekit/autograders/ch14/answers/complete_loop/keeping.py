"""What goes wrong with the best weights, the file, the history and the picture, in 14.8."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    APPENDED,
    BREAK,
    COPY,
    KEEPING,
    LOAD,
    LOGGING,
    RATE,
    RESET,
    RETURNED,
    SAVE,
    VALIDATED,
    WAITED,
    known,
)

_EVERY = (
    '        torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)\n'
)
_SAVED_LAST = _EVERY[4:].replace("epoch,", "best_epoch,").replace("model.state_dict()", "best_state")
_CURVES = (
    '    axes.plot(epochs, history["train_accuracy"], label="training")\n'
    '    axes.plot(epochs, history["val_accuracy"], label="validation")\n'
)

OF_KEEPING = (
    known(
        "last-for-best",
        "The model ends with the weights of its last epoch",
        "After the best epoch come worse ones, `patience` of them where patience ends the training. Nobody has put the "
        "best weights back. (Keras's EarlyStopping does not by default, either.)",
        "Which epoch's weights are in the model when fit returns?",
        KEEPING,
        Edit((LOAD, "")),
    ),
    known(
        "aliased-best-state",
        "The best state is kept by name, not by value",
        "state_dict() gives the model's own tensors, and a copy of the dict alone holds the same ones: both change "
        "with every further step. What is put back at the end is what is there already.",
        "Keep a state, train one epoch, and print both. Are they different?",
        KEEPING,
        Edit((COPY, "best_state = model.state_dict()")),
        Edit((COPY, "best_state = dict(model.state_dict())")),
    ),
    known(
        "put-back-at-one-end-only",
        "The best weights are put back only where the training ends in one of its two ways",
        "A training can end because patience is used up, or because max_epochs is reached. Both need the best weights.",
        "Follow both ways out of your loop. Do both pass by the line that puts the weights back?",
        KEEPING,
        Edit((LOAD, ""), (BREAK, "                model.load_state_dict(best_state)\n" + BREAK)),
        Edit((LOAD, "    else:\n        model.load_state_dict(best_state)\n")),
    ),
    known(
        "weights-of-the-epoch-before",
        "The weights that are kept are those from before the best epoch",
        "The loss belongs to the weights after the epoch's training. A copy from the top of the loop is one epoch old.",
        "At which moment did the model have the weights that were evaluated?",
        KEEPING,
        Edit(
            (RATE, RATE + "        state = copy.deepcopy(model.state_dict())\n"),
            (COPY, "best_state = state"),
        ),
    ),
    known(
        "buffers-not-kept",
        "Only the parameters are kept, not the buffers",
        "The running statistics of batch norm are buffers: the best weights then work with the statistics of the last "
        "epoch.",
        "Which names are in model.state_dict() and not in dict(model.named_parameters())?",
        KEEPING,
        Edit(
            (COPY, "best_state = {name: value.detach().clone() for name, value in model.named_parameters()}"),
            (LOAD, LOAD.replace("best_state", "best_state, strict=False")),
            ('"model": best_state', '"model": model.state_dict()'),
        ),
    ),
)

OF_FILES = (
    known(
        "nothing-saved",
        "No checkpoint is written",
        "Weights in memory are gone when the process is.",
        "Is there a file after the first epoch?",
        KEEPING,
        Edit((SAVE, "")),
    ),
    known(
        "saved-at-the-end-only",
        "The checkpoint is written when the training is over",
        "It is there for the case that the training is broken off. Then it is not.",
        "What is left on the disk if the power fails in the last epoch?",
        KEEPING,
        Edit((SAVE, ""), (LOAD, LOAD + _SAVED_LAST)),
        Edit((SAVE, ""), (BREAK, "                " + _SAVED_LAST.lstrip() + BREAK)),
    ),
    known(
        "saved-after-every-epoch",
        "The checkpoint is written after every epoch",
        "The last state replaces the best one.",
        "Which epoch is in the file when patience ends the training?",
        KEEPING,
        Edit((SAVE, ""), (VALIDATED, VALIDATED + _EVERY)),
    ),
    known(
        "saved-once",
        "Only the first improvement is saved",
        "The file stays what it was after the first epoch.",
        "Which epoch is in the file after the second improvement?",
        KEEPING,
        Edit((SAVE, "            if epoch == 1:\n    " + SAVE)),
    ),
    known(
        "optimizer-not-saved",
        "The optimizer is not in the checkpoint",
        "Without its momenta, counts of steps and rates it starts again as on the first day: the loss jumps after the "
        "break.",
        "What is in optimizer.state_dict(), and where is it after the process has ended?",
        KEEPING,
        Edit((', "optimizer": optimizer.state_dict()', "")),
        Edit(('"optimizer": optimizer.state_dict()', '"optimizer": optimizer.param_groups[0]["lr"]')),
        Edit(('"optimizer": optimizer.state_dict()', '"optimizer": optimizer.state_dict()["state"]')),
    ),
    known(
        "model-alone-saved",
        "The file is the state of the model alone",
        "Nobody can tell from it how far the training was, or go on with it.",
        "Which three entries does the dict in the file have?",
        KEEPING,
        Edit((SAVE, "            torch.save(best_state, path)\n")),
    ),
    known(
        "objects-pickled",
        "Whole objects are pickled",
        "Reading a pickle runs whatever code is in it, and needs the very classes of the day on which it was written: "
        "torch.load(path, weights_only=True) refuses it. Save state dicts and numbers.",
        "Does torch.load(path, weights_only=True) read your file?",
        KEEPING,
        Edit(('"model": best_state', '"model": model')),
    ),
    known(
        "saved-epoch-from-zero",
        "The epoch in the file is another number",
        "Who resumes trains an epoch twice, or leaves one out.",
        "What is in the file after the very first epoch?",
        KEEPING,
        Edit(('{"epoch": epoch,', '{"epoch": epoch - 1,')),
        Edit(('{"epoch": epoch,', '{"epoch": epoch + 1,')),
        Edit(('{"epoch": epoch,', '{"epoch": max_epochs,')),
    ),
)

OF_HISTORY = (
    known(
        "rate-after-the-schedule",
        "The history has the rate of the next epoch",
        "Written down after the schedule has acted, it stands beside losses that came about with another rate.",
        "With which rate were the steps made whose loss stands beside it?",
        LOGGING,
        Edit(
            (APPENDED, "(train_loss, train_accuracy, val_loss, val_accuracy)"),
            (RESET, RESET + "            history['learning_rate'].append(optimizer.param_groups[0]['lr'])\n"),
            (WAITED, WAITED + "            history['learning_rate'].append(optimizer.param_groups[0]['lr'])\n"),
        ),
    ),
    known(
        "no-history-returned",
        "Something else than the history is returned",
        "The caller reads the curves, the rates and the best epoch out of one dict.",
        'What does fit(...)["val_loss"] do with what you return?',
        LOGGING,
        Edit(("    return history\n", "")),
        Edit(("    return history\n", "    return best_epoch, history\n")),
        Edit(("    return history\n", "    return history, best_epoch\n")),
        Edit(("    return history\n", "    return model\n")),
        Edit((RETURNED, "pass")),
    ),
    known(
        "another-best-epoch",
        "The number returned is that of another epoch than the best",
        "The last epoch is not the best, and people and the text count from 1.",
        "Which epoch's weights are in the model, and which number do you return?",
        LOGGING,
        Edit((RETURNED, 'history["best_epoch"] = epoch')),
        Edit((RETURNED, 'history["best_epoch"] = best_epoch - 1')),
        Edit((RETURNED, 'history["best_epoch"] = epoch - patience')),
    ),
    known(
        "best-epoch-by-accuracy",
        "The best epoch is looked up by its accuracy",
        "The epoch of the highest accuracy need not be the one of the lowest loss, whose weights the model holds.",
        "By which figure was the best epoch chosen?",
        LOGGING,
        Edit((RETURNED, 'history["best_epoch"] = history["val_accuracy"].index(max(history["val_accuracy"])) + 1')),
    ),
    known(
        "best-epochs-only",
        "The history has the epochs that were improvements, and no others",
        "Then the curve looks as if nothing had ever gone wrong.",
        "How long is each list after a training of ten epochs?",
        LOGGING,
        # A network that improves in every epoch hides it.
        kin=(Edit(("            values.append(value)\n", "            values += [value] * (val_loss < best_loss)\n")),),
    ),
    known(
        "figures-swapped",
        "Figures stand under another name",
        "Two functions return pairs, four lists take them: loss before accuracy, training before validation.",
        "Print the history after one epoch. Can each of the numbers be what its name says?",
        LOGGING,
        Edit((APPENDED, "(train_accuracy, train_loss, val_accuracy, val_loss, rate)")),
        Edit((APPENDED, "(val_loss, val_accuracy, train_loss, train_accuracy, rate)")),
        Edit((APPENDED, "(train_loss, val_accuracy, val_loss, train_accuracy, rate)")),
    ),
)

OF_PICTURES = (
    known(
        "picture-from-epoch-zero",
        "The curves begin at epoch 0",
        "plot(values) alone counts from 0: the best epoch of the history is then one place to the left of itself.",
        "Where on the x axis does the first epoch stand?",
        LOGGING,
        Edit(('range(1, len(history["train_accuracy"]) + 1)', 'range(len(history["train_accuracy"]))')),
    ),
    known(
        "picture-of-losses",
        "Losses are drawn, not accuracies",
        "Both belong in a report, on axes of their own.",
        "Which two lists of the history were asked for?",
        LOGGING,
        Edit(
            (
                _CURVES,
                _CURVES.replace("accuracy", "loss"),
            ),
        ),
    ),
    known(
        "picture-without-legend",
        "The picture does not say which curve is which",
        "Labels are shown by a legend, and by nothing else.",
        "Would somebody else know which of the two curves is the validation?",
        LOGGING,
        Edit(("    axes.legend()\n", "")),
        Edit((', label="training"', ""), (', label="validation"', "")),
    ),
    known(
        "picture-swapped",
        "The two curves have each other's labels",
        "The training accuracy then looks like the validation accuracy: overfitting looks like luck.",
        "Which of the two curves should be the higher one at the end?",
        LOGGING,
        Edit(
            ('label="training"', 'label="held-out"'),
            ('label="validation"', 'label="training"'),
            ("held-out", "validation"),
        ),
    ),
)
