"""What goes wrong with gradients and steps."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import BATCHES, CLEAN, MEASURE, STEP, known

OF_GRADIENTS = (
    known(
        "gradients-pile-up",
        "Gradients pile up over the batches",
        "backward() adds to what is in each parameter's grad. Never emptied, every step follows the sum of all batches "
        "so far: training first looks fast, then swings and blows up.",
        "What is in the gradients when the second batch's backward pass begins?",
        Edit((CLEAN, "")),
    ),
    known(
        "cleaned-once-an-epoch",
        "Gradients are emptied once an epoch",
        "Within an epoch they still pile up from batch to batch.",
        "How often does a step need fresh gradients?",
        Edit((CLEAN, ""), (BATCHES, "        optimizer.zero_grad()\n" + BATCHES)),
        kin=(Edit((CLEAN, ""), (MEASURE, "        optimizer.zero_grad()\n" + MEASURE)),),
    ),
    known(
        "cleaned-before-the-step",
        "Gradients are emptied between backward and step",
        "The step then finds nothing: the weights never change, and the losses only wobble with dropout.",
        "What does step() read, and is it still there?",
        Edit((CLEAN, ""), (STEP, CLEAN + STEP)),
    ),
    known(
        "one-step-an-epoch",
        "The optimizer steps once an epoch",
        "All batches together make one step then: an epoch of a hundred batches learns as much as one of them could.",
        "How many steps does your loop make in an epoch?",
        Edit(
            (CLEAN, ""),
            (BATCHES, "        optimizer.zero_grad()\n" + BATCHES),
            (STEP, ""),
            (MEASURE, "        optimizer.step()\n" + MEASURE),
        ),
        Edit((STEP, ""), (MEASURE, "        optimizer.step()\n" + MEASURE)),
    ),
)
