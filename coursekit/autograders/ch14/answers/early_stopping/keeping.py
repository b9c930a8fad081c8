"""What goes wrong in keeping the best weights of 14.4, and in what is returned."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import APPEND, BREAK, COPY, EPOCHS, LOAD, RESULT, STATES, TRAIN, WAIT, known, result

_LOAD_INSIDE = "                model.load_state_dict(best_state)\n"

OF_KEEPING = (
    known(
        "best-weights-not-copied",
        "The best weights are kept by name, not by value",
        "state_dict() gives the model's own arrays. A dict of them, or a copy of the dict alone, changes with every "
        "further epoch: what is put back at the end is what is there already. It looks as if it worked, in PyTorch "
        "too.",
        "Keep a state, train one epoch, and print both. Are they different?",
        Edit((COPY, "            best_state = model.state_dict()\n")),
        reading=STATES,
    ),
    known(
        "last-for-best",
        "The model ends with the weights of its last epoch",
        "After the best epoch come at least `patience` worse ones. Who stops and puts nothing back keeps the worst of "
        "them. (Keras's EarlyStopping does so by default.)",
        "Which epoch's weights are in the model when your function returns?",
        Edit((LOAD, "")),
        reading=STATES,
    ),
    known(
        "put-back-at-one-end-only",
        "The best weights are put back only where the training ends in one of its two ways",
        "A training can end because patience is used up, or because max_epochs is reached. Both need the best weights.",
        "Follow both ways out of your loop. Do both pass by the line that puts the weights back?",
        Edit((LOAD, ""), (BREAK, _LOAD_INSIDE + BREAK)),
        Edit((LOAD, "    else:\n        model.load_state_dict(best_state)\n")),
        reading=STATES,
    ),
    known(
        "weights-of-the-epoch-before",
        "The weights that are kept are those from before the best epoch's training",
        "The loss belongs to the weights after the epoch. A copy that is made at the top of the loop is one epoch old.",
        "At which moment did the model have the weights that validate judged?",
        Edit(
            (TRAIN, "        state = copy.deepcopy(model.state_dict())\n" + TRAIN),
            (COPY, "            best_state = state\n"),
        ),
        reading=STATES,
    ),
    known(
        "goes-back-after-each-bad-epoch",
        "The best weights are put back after every epoch without improvement",
        "Then each such epoch starts from the same point again, and a training can never get through a bad stretch.",
        "From which weights does the epoch after a bad one go on in your loop?",
        Edit((WAIT, WAIT + "            model.load_state_dict(best_state)\n")),
        Edit(
            (WAIT, WAIT + "            if best_loss < math.inf:\n                model.load_state_dict(best_state)\n")
        ),
        reading=STATES,
    ),
    known(
        "epochs-counted-from-zero",
        "The best epoch is counted from 0",
        "range starts at 0, people and the text at 1.",
        "Which number does your first epoch have?",
        Edit((EPOCHS, "range(max_epochs)")),
    ),
    known(
        "another-epoch-returned",
        "The number returned is that of another epoch than the best",
        "The last epoch is not the best, and the best lies `patience` epochs before the end only where patience ended "
        "the training.",
        "Which epoch's weights are in the model, and which number do you return?",
        result("epoch, losses"),
        result("epoch - patience, losses"),
        result("len(losses) - patience + 1, losses"),
    ),
    known(
        "lowest-loss-for-best-epoch",
        "Returned is the epoch of the lowest loss, which need not be the best",
        "A loss that is lower by min_delta or less is no improvement. The number and the weights would belong to "
        "different epochs.",
        "Can a loss be lower than that of the best epoch?",
        result("losses.index(min(losses)) + 1, losses"),
    ),
    known(
        "last-loss-missing",
        "The loss of the epoch that ended the training is missing in the list",
        "break leaves the loop at once: what stands below it is not run for the last epoch.",
        "How many epochs were trained, and how many losses are in your list?",
        Edit((APPEND, ""), (BREAK, BREAK + APPEND)),
    ),
    known(
        "another-list-returned",
        "The list holds something else than the validation losses of all epochs",
        "Returned are the losses of all trained epochs, good and bad, of the validation data.",
        "Compare your list with what validate gave, epoch by epoch.",
        Edit((APPEND, ""), (COPY, COPY + "    " + APPEND)),
        Edit(
            (TRAIN + "        loss", "        training_loss = train_epoch(model)\n        loss"),
            ("append(loss)", "append(training_loss)"),
        ),
        Edit((RESULT, "return best_epoch, losses[:best_epoch]")),
        Edit((RESULT, "return best_epoch, best_loss")),
        Edit((RESULT, "return best_epoch, min(losses)")),
    ),
    known(
        "swapped-results",
        "The epoch and the losses are returned the wrong way round",
        "The caller unpacks the pair in the order of the text: the number of the epoch first.",
        "In which order does the caller expect the two?",
        result("losses, best_epoch"),
    ),
    known(
        "returns-another-thing",
        "Something else than a pair is returned",
        "The caller unpacks two values: the number of the best epoch, and the list of losses.",
        "What does `best_epoch, losses = fit(...)` do with what you return?",
        result("best_epoch"),
        result("losses"),
        result("None"),
        result("model"),
        result('{"best_epoch": best_epoch, "losses": losses}'),
        result("best_epoch, best_loss, losses"),
    ),
)
