"""What goes wrong with the modes, and with what validation records."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import END, LEARN, MEASURE, MODES, QUIET, START, known

OF_MODES = (
    known(
        "learns-in-evaluation-mode",
        "From the second epoch on, the model learns in evaluation mode",
        "eval() holds until somebody calls train(). From the second epoch on dropout is off and batch norm uses its "
        "stored statistics: the network overfits sooner, and no error tells.",
        "What is model.training at the first batch of the second epoch?",
        Edit((LEARN, ""), (START, START + "    model.train()\n")),
        reading=MODES,
    ),
    known(
        "validates-in-training-mode",
        "The validation is in training mode",
        "Taking eval() away does keep the model in training mode, and brings another bug: dropout makes the validation "
        "loss too high, and validation images move batch norm's statistics.",
        "Which mode does the validation need? And who changes it back?",
        Edit((MEASURE, "")),
        Edit((LEARN, ""), (MEASURE, ""), (START, START + "    model.train()\n")),
        reading=MODES,
    ),
    known(
        "always-in-evaluation-mode",
        "The model learns in evaluation mode from the first epoch on",
        "A model may come from an evaluation. Without a train() before the batches, dropout never drops, and batch "
        "norm neither uses nor learns the statistics of a batch.",
        "What is model.training at the very first batch, where the model came from an evaluation?",
        Edit((MEASURE, ""), (LEARN, MEASURE)),
        Edit((LEARN, "")),
        Edit((LEARN, ""), (END, END + "    model.train()\n")),
        reading=MODES,
    ),
    known(
        "validation-recorded",
        "The validation records graphs",
        "eval() is not no_grad(): without it, each validation batch keeps its graph for a backward pass that never "
        "comes, which costs memory and time.",
        "What did torch.no_grad() do there?",
        Edit((QUIET, "        if True:\n")),
        reading="Chapter 14, The nine steps",
    ),
)
