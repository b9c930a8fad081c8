"""What goes wrong with the modes of 14.3."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import BACK, COUNT, KEEP, MODES, known

OF_MODES = (
    known(
        "training-mode",
        "The model is not put into evaluation mode",
        "Dropout drops and batch norm normalises with the batch's own statistics, and moves its running ones: the "
        "figures depend on the batches, and measuring changes the model. (Setting model.training alone does not "
        "reach the model's parts: each module has a flag of its own.)",
        "In which mode does the model arrive after a training epoch?",
        Edit(("    model.eval()\n", "")),
        Edit(("model.eval()", "model.train()")),
        reading=MODES,
    ),
    known(
        "mode-of-the-outside-trusted",
        "Evaluation mode is set only where the model itself says that it is in training",
        "A model can be in evaluation while a part of it is in training.",
        "What does model.training say about the model's layers?",
        Edit(("    model.eval()\n", "    if model.training:\n        model.eval()\n")),
        reading=MODES,
    ),
    known(
        "evaluation-mode-too-late",
        "Evaluation mode is set after the first images went through",
        "What happens before the call of eval() happens in the mode in which the model came.",
        "When does the first image go through, and when is the mode set?",
        Edit(
            ("    model.eval()\n", ""),
            (COUNT, COUNT + "            model.eval()\n"),
        ),
        reading=MODES,
    ),
    known(
        "never-back-to-training",
        "The model is left in evaluation mode",
        "The next epoch then trains without dropout and with frozen statistics, unless somebody else thinks of "
        "train(). (Modes that are noted after eval() was called all say evaluation.)",
        "In which mode is the model when the caller goes on training?",
        Edit((KEEP, ""), (BACK, "")),
        reading=MODES,
    ),
    known(
        "always-back-to-training",
        "The model is put into training mode, however it came",
        "A model that came in evaluation, to be used, now drops activations and moves its statistics; and a frozen "
        "part begins to move.",
        "What if the model was in evaluation mode before the call?",
        Edit((KEEP, ""), (BACK, "    model.train()\n")),
        reading=MODES,
    ),
    known(
        "one-mode-for-all",
        "All modules get the mode of the whole model back",
        "model.train(mode) sets every part. A batch norm that was frozen in evaluation on purpose is in training "
        "afterwards, and its statistics move.",
        "How many flags does a model have, and how many did you note?",
        Edit((KEEP, "    training = model.training\n"), (BACK, "    model.train(training)\n")),
        reading=MODES,
    ),
    known(
        "mode-restored-inside-the-loop",
        "The modes are put back after the first batch",
        "From the second batch on, the model evaluates in the mode in which it came.",
        "Which lines belong to each batch, and which to the whole call?",
        Edit((BACK, "            for module, training in modes:\n                module.training = training\n")),
        Edit((KEEP, "    training = model.training\n"), (BACK, "            model.train(training)\n")),
        Edit((KEEP, ""), (BACK, "            model.train()\n")),
        reading=MODES,
    ),
    known(
        "outer-modes-only",
        "Only the modes of the outermost parts are noted",
        "children() gives the direct parts alone. What lies deeper keeps the mode that was set.",
        "What does model.children() leave out that model.modules() gives?",
        Edit((KEEP, KEEP.replace("model.modules()", "[model, *model.children()]"))),
        Edit(
            (KEEP, KEEP.replace("model.modules()", "model.children()")),
            ("module.training = training", "module.train(training)"),
        ),
        Edit((KEEP, KEEP.replace("model.modules()", "model.children()"))),
        reading=MODES,
    ),
)
