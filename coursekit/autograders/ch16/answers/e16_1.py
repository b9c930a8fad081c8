"""Answers to 16.1."""

from __future__ import annotations

from coursekit.autograders.ch16.e16_1 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

from .variants_16_1 import VARIANTS

SOLUTION = """\
import torch


def validate(model, loss_fn, batches):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    loss, correct, count = 0.0, 0, 0
    try:
        with torch.no_grad():
            for images, labels in batches:
                outputs = model(images)
                loss += loss_fn(outputs, labels).item() * len(labels)
                correct += (outputs.argmax(dim=1) == labels).sum().item()
                count += len(labels)
    finally:
        for module, mode in modes:
            module.training = mode
    return {"loss": loss / count, "accuracy": correct / count}
"""

_MODES = "Chapter 16, train() and eval()"
_GRADIENTS = "Chapter 16, no_grad and inference_mode"
_MEANS = "Chapter 14, Metrics as means over samples"
_LOSSES = "Chapter 13, Logits against probabilities"

_KEPT = "    modes = [(module, module.training) for module in model.modules()]\n"
_EVAL = "    model.eval()\n"
_BACK = "        for module, mode in modes:\n            module.training = mode\n"
_NO_GRAD = "        with torch.no_grad():\n"
_RUN = "                outputs = model(images)\n"
_LOSS = "                loss += loss_fn(outputs, labels).item() * len(labels)\n"
_RIGHT = "(outputs.argmax(dim=1) == labels).sum().item()"
_RETURN = 'return {"loss": loss / count, "accuracy": correct / count}'
_MEAN_LOSS, _MEAN_RIGHT = '"loss": loss / count', '"accuracy": correct / count'


def _known(name: str, title: str, explanation: str, hint: str, *forms: Form, reading: str = _MODES) -> Misconception:
    return Misconception(name=name, title=title, explanation=explanation, hint=hint, reading=reading, forms=forms)


MODES = (
    _known(
        "train-afterwards",
        "model.train() is called at the end, however the model came",
        "train() goes down into every module: batch norm that was frozen in evaluation mode learns the new data's "
        "statistics from the next epoch on, and a model that came for a measurement leaves with dropout active.",
        "Which modules does model.train() set, and in which mode was each of them?",
        Edit((_BACK, "        model.train()\n")),
        Edit(
            (
                _BACK,
                "        model.train()\n"
                "        for module in model.modules():\n"
                "            if isinstance(module, torch.nn.BatchNorm2d):\n"
                "                module.eval()\n",
            )
        ),
    ),
    _known(
        "only-the-top-mode-kept",
        "The mode of the outermost module is put on all modules",
        "model.training is the mode of one module. model.train(mode) forces it on every module below, frozen ones "
        "included; also where it is called last, after the inner modules had been put right.",
        "How many modes does a model with thirteen modules have?",
        Edit((_KEPT, "    was = model.training\n"), (_BACK, "        model.train(was)\n")),
        Edit((_KEPT, "    was = model.training\n"), (_BACK, "        if was:\n            model.train()\n")),
        Edit((_BACK, "        for module, mode in reversed(modes):\n            module.train(mode)\n")),
    ),
    _known(
        "only-children-kept",
        "The modes of the outer modules are kept, those inside them are not",
        "children() are the modules one level down. What is inside a block inside a block gets the mode of its parent.",
        "Does model.children() reach the batch norm inside a block?",
        Edit(
            (_KEPT, "    modes = [(module, module.training) for module in (model, *model.children())]\n"),
            ("            module.training = mode\n", "            module.train(mode)\n"),
        ),
        Edit((_KEPT, "    modes = [(module, module.training) for module in (model, *model.children())]\n")),
        Edit(
            (_KEPT, "    modes = [(module, module.training) for module in model.children()]\n"),
            ("            module.training = mode\n", "            module.train(mode)\n"),
        ),
    ),
    _known(
        "never-back",
        "The model stays in evaluation mode",
        "The next epoch then trains without dropout and with frozen statistics, and nothing says so: the curves are "
        "merely a little odd.",
        "In which mode does the next training step find the model?",
        Edit((_BACK, "        pass\n")),
        Edit((_BACK, "        model.training = dict(modes)[model]\n")),
    ),
    _known(
        "no-eval",
        "The model is measured in the mode in which it came",
        "no_grad() stops the recording of gradients and nothing else: dropout still drops, and batch norm takes the "
        "statistics of the batch and moves its running ones towards the validation data.",
        "Which call changes what dropout does?",
        Edit((_EVAL, "")),
        Edit(
            (_EVAL, "    state = {name: value.clone() for name, value in model.state_dict().items()}\n"),
            (_BACK, _BACK + "        model.load_state_dict(state)\n"),
        ),
    ),
    _known(
        "only-the-top-evaluates",
        "Only the outermost module is switched",
        "Setting model.training touches one flag. The layers have flags of their own; eval() sets them all.",
        "Whose training flag does a batch norm look at?",
        Edit((_EVAL, "    model.training = False\n")),
    ),
    _known(
        "only-children-evaluate",
        "The modules inside are switched, the model itself is not",
        "A model may ask for its own mode in forward, as functional dropout does, given self.training.",
        "Is the model itself among its children?",
        Edit((_EVAL, "    for child in model.children():\n        child.eval()\n")),
    ),
    _known(
        "only-known-layers-evaluate",
        "Only dropout and batch norm of PyTorch's are switched",
        "Layers that others have written (stochastic depth, noise, augmentation) and lines in forward ask for the mode "
        "as well. There is no list of all of them: eval() needs none.",
        "Which classes of layers depend on the mode? Does your list know those that are not PyTorch's?",
        Edit(
            (
                _EVAL,
                "    for module in model.modules():\n"
                "        if isinstance(module, (torch.nn.Dropout, torch.nn.BatchNorm2d)):\n"
                "            module.eval()\n",
            )
        ),
        Edit(
            (
                _EVAL,
                "    for module in model.modules():\n"
                "        if isinstance(module, torch.nn.BatchNorm2d):\n"
                "            module.eval()\n",
            )
        ),
        Edit(
            (
                _EVAL,
                "    for module in model.modules():\n"
                "        if isinstance(module, torch.nn.Dropout):\n"
                "            module.eval()\n",
            )
        ),
    ),
    _known(
        "batch-norm-trains",
        "Batch norm is left in training mode during the validation",
        "Often done because it makes the numbers look better. The prediction for an image then depends on the other "
        "images of its batch, and the running statistics learn from the validation data.",
        "May the prediction for one image depend on its neighbours?",
        Edit(
            (
                _EVAL,
                _EVAL + "    for module in model.modules():\n"
                "        if isinstance(module, torch.nn.BatchNorm2d):\n"
                "            module.train()\n",
            )
        ),
    ),
    _known(
        "trains-again-after-the-first-batch",
        "The modes are put back inside the loop",
        "The first batch is measured in evaluation mode and all later ones are not: a line indented too far.",
        "In which mode does the second batch find the model?",
        Edit(
            (
                "                count += len(labels)\n",
                "                count += len(labels)\n                model.train()\n",
            )
        ),
        Edit(
            (
                "                count += len(labels)\n",
                "                count += len(labels)\n                for module, mode in modes:\n"
                "                    module.training = mode\n",
            )
        ),
        Edit(
            (_BACK, "        model.train()\n"),
            (
                "                count += len(labels)\n",
                "                count += len(labels)\n                model.train()\n",
            ),
        ),
        Edit((_BACK, "        pass\n"), (_RUN, _RUN + "                model.train()\n")),
    ),
    _known(
        "not-put-back-after-an-error",
        "After an error the model stays in evaluation mode",
        "Lines after the loop are not run when something inside it raises. In a notebook the next cell then trains a "
        "model in evaluation mode.",
        "Which block of Python is run at the end whatever happens?",
        Edit(
            ("    try:\n", "    if True:\n"),
            ("    finally:\n", "    if True:\n"),
        ),
    ),
    _known(
        "error-swallowed",
        "An error is caught and does not reach the caller",
        "The epoch goes on as if the model had been measured, with a figure that says nothing. finally puts things "
        "back and lets the error pass.",
        "What does the caller learn when your except block has run?",
        Edit(
            (
                "    finally:\n",
                "    except Exception:\n"
                '        return {"loss": float("nan"), "accuracy": float("nan")}\n'
                "    finally:\n",
            )
        ),
        Edit(("    finally:\n", "    except Exception:\n        pass\n    finally:\n")),
    ),
)

GRADIENTS = (
    _known(
        "graph-recorded",
        "A graph is recorded for every batch",
        "eval() changes what layers do; it does not stop gradients. Every activation is kept for a backward pass that "
        "never comes: validation then needs as much memory as training.",
        "What does outputs.requires_grad say?",
        Edit((_NO_GRAD, "        if True:\n")),
        reading=_GRADIENTS,
    ),
    _known(
        "gradients-left-off",
        "Gradients stay switched off",
        "set_grad_enabled(False) as a statement holds until somebody switches them on: the next training step raises, "
        "or learns nothing.",
        "Who switches the recording on again?",
        Edit((_NO_GRAD, "        torch.set_grad_enabled(False)\n        if True:\n")),
        reading=_GRADIENTS,
    ),
    _known(
        "gradients-forced-on",
        "Gradients are switched on at the end, however they were before",
        "A caller inside no_grad() gets gradients back that it had switched off. A with block puts back what it found.",
        "What if the caller is inside torch.no_grad() itself?",
        Edit(
            (_NO_GRAD, "        torch.set_grad_enabled(False)\n        if True:\n"),
            (_BACK, _BACK + "        torch.set_grad_enabled(True)\n"),
        ),
        Edit(
            (_NO_GRAD, "        torch.set_grad_enabled(False)\n        if True:\n"),
            ("    " + _RETURN, "    torch.set_grad_enabled(True)\n    " + _RETURN),
        ),
        reading=_GRADIENTS,
    ),
    _known(
        "parameters-switched",
        "requires_grad of the parameters is switched instead of the recording of a graph",
        "It works for the moment, and loses which parameters were frozen: afterwards all are trainable, or none.",
        "Which parameters were frozen before, and who remembers?",
        Edit(
            (_NO_GRAD, "        model.requires_grad_(False)\n        if True:\n"),
            (_BACK, _BACK + "        model.requires_grad_(True)\n"),
        ),
        Edit((_NO_GRAD, "        model.requires_grad_(False)\n        if True:\n")),
        Edit((_BACK, _BACK + "        model.requires_grad_(True)\n")),
        Edit(
            ("        with torch.no_grad():\n", "        model.requires_grad_(False)\n        if True:\n"),
            ("    " + _RETURN, "    model.requires_grad_(True)\n    " + _RETURN),
        ),
        reading=_GRADIENTS,
    ),
    _known(
        "backward-in-validation",
        "Gradients of the validation data are computed",
        "Copied from the training step. backward() adds to parameter.grad: the next step of the optimizer learns from "
        "the validation data unless somebody clears them first.",
        "What is a backward pass for, and who asked for one here?",
        Edit(
            (_NO_GRAD, "        with torch.enable_grad():\n"),
            (
                _LOSS,
                "                batch_loss = loss_fn(outputs, labels)\n                batch_loss.backward()\n"
                "                loss += batch_loss.item() * len(labels)\n",
            ),
        ),
        Edit(
            (_NO_GRAD, "        if True:\n"),
            (
                _LOSS,
                "                batch_loss = loss_fn(outputs, labels)\n                batch_loss.backward()\n"
                "                loss += batch_loss.item() * len(labels)\n",
            ),
        ),
        reading=_GRADIENTS,
    ),
    _known(
        "gradients-cleared",
        "The gradients of the model are cleared",
        "Whoever accumulates gradients over several batches loses them when a validation comes in between.",
        "Whose gradients are in parameter.grad when your function is called?",
        Edit((_EVAL, _EVAL + "    model.zero_grad()\n")),
        Edit((_EVAL, _EVAL + "    model.zero_grad(set_to_none=False)\n")),
        Edit((_RUN, "                model.zero_grad()\n" + _RUN)),
        reading=_GRADIENTS,
    ),
    _known(
        "random-numbers-reseeded",
        "The random numbers are seeded anew",
        "Evaluation draws none. Seeding here makes every epoch of training repeat the same dropout masks and "
        "augmentations.",
        "What does the next training epoch draw after your seed?",
        Edit((_EVAL, "    torch.manual_seed(0)\n" + _EVAL)),
        Edit((_EVAL, "    torch.manual_seed(42)\n" + _EVAL)),
        Edit((_EVAL, "    torch.manual_seed(1)\n" + _EVAL)),
        Edit((_EVAL, "    torch.manual_seed(1234)\n" + _EVAL)),
        reading="Chapter 14, Reproducibility",
    ),
)

FIGURES = (
    _known(
        "mean-of-batch-means",
        "The means of the batches are averaged",
        "A last batch of one image weighs as much as a full one. The figure changes with the batch size.",
        "How much does each image of a small last batch weigh?",
        Edit(
            (" * len(labels)\n", "\n"),
            (_RIGHT, "(outputs.argmax(dim=1) == labels).float().mean().item()"),
            ("count += len(labels)", "count += 1"),
        ),
        Edit((" * len(labels)\n", "\n"), (_MEAN_LOSS, '"loss": loss / len(batches)')),
        Edit(
            (_RIGHT, "(outputs.argmax(dim=1) == labels).float().mean().item()"),
            (_MEAN_RIGHT, '"accuracy": correct / len(batches)'),
        ),
        reading=_MEANS,
    ),
    _known(
        "sum-for-mean",
        "A sum is returned where the mean was asked for",
        "The figure grows with the number of batches and cannot be compared with any other.",
        "Would your number double with twice the images?",
        Edit((_MEAN_LOSS, '"loss": loss')),
        Edit((" * len(labels)\n", "\n"), (_MEAN_LOSS, '"loss": loss')),
        Edit((_MEAN_RIGHT, '"accuracy": correct')),
        Edit((_MEAN_LOSS, '"loss": loss'), (_MEAN_RIGHT, '"accuracy": correct')),
        reading=_MEANS,
    ),
    _known(
        "wrong-divisor",
        "What is added up does not fit what it is divided by",
        "Means of batches divided by the number of images, or sums over images divided by the number of batches.",
        "What have you added up: one number per batch, or one per image?",
        Edit((" * len(labels)\n", "\n")),
        Edit((_MEAN_LOSS, '"loss": loss / len(batches)')),
        Edit((_MEAN_RIGHT, '"accuracy": correct / len(batches)')),
        Edit((_MEAN_LOSS, '"loss": loss / len(batches)'), (_MEAN_RIGHT, '"accuracy": correct / len(batches)')),
        Edit((" * len(labels)\n", "\n"), (_MEAN_RIGHT, '"accuracy": correct / len(batches)')),
        reading=_MEANS,
    ),
    _known(
        "last-batch-only",
        "The figures are those of the last batch",
        "Assigned where it should be added: the curve jumps with whatever images the last batch holds.",
        "What happens to the first batch's loss when the second one comes?",
        Edit(
            ("loss += loss_fn", "loss = loss_fn"),
            ("correct += (", "correct = ("),
            ("count += len(labels)", "count = len(labels)"),
        ),
        Edit(("loss += loss_fn", "loss = loss_fn"), (" * len(labels)\n", "\n"), (_MEAN_LOSS, '"loss": loss')),
        reading=_MEANS,
    ),
    _known(
        "first-batch-only",
        "The loop ends after the first batch",
        "A return or a break inside the loop: the rest of the data is never seen.",
        "How often does your loop run?",
        Edit(
            ("                count += len(labels)\n", "                count += len(labels)\n                break\n")
        ),
        reading=_MEANS,
    ),
    _known(
        "argmax-over-the-batch",
        "The largest output is looked for along the batch",
        "Along axis 0 the images compete for each class. PyTorch complains only where the sizes do not fit by chance.",
        "Which axis of the outputs holds the classes?",
        Edit((_RIGHT, "(outputs.argmax(dim=0) == labels).sum().item()")),
        Edit((_RIGHT, "(labels == outputs.argmax(dim=0)).sum().item()")),
        reading=_MEANS,
    ),
    _known(
        "percent",
        "The accuracy is in percent",
        "A fraction from 0 to 1 was asked for: whoever compares or averages it later gets it wrong by a hundred.",
        "Between which numbers does a fraction lie?",
        Edit((_MEAN_RIGHT, '"accuracy": 100 * correct / count')),
        reading=_MEANS,
    ),
    _known(
        "errors-counted",
        "The fraction of wrong images is returned",
        "That is the error rate, 1 - accuracy.",
        "Does your figure rise when the model gets better?",
        Edit(("argmax(dim=1) == labels", "argmax(dim=1) != labels")),
        reading=_MEANS,
    ),
    _known(
        "returns-tensors",
        "Tensors are returned where floats were asked for",
        "They are no numbers to a logger or to JSON, and hold on to their device.",
        "How does one get at the one number in a tensor?",
        Edit(
            ("loss_fn(outputs, labels).item()", "loss_fn(outputs, labels)"),
            (_RIGHT, "(outputs.argmax(dim=1) == labels).sum()"),
        ),
        Edit(("loss_fn(outputs, labels).item()", "loss_fn(outputs, labels)")),
        Edit((_RIGHT, "(outputs.argmax(dim=1) == labels).sum()")),
        reading="Chapter 14, Logging the loss",
    ),
    _known(
        "returns-nothing",
        "Nothing is returned",
        "The figures are computed, and the caller gets None.",
        "What does a Python function give back that has no return?",
        Edit((_RETURN, 'print({"loss": loss / count, "accuracy": correct / count})')),
        reading=_MEANS,
    ),
    _known(
        "returns-a-pair",
        "A pair is returned where a dict was asked for",
        "The caller asks for the loss by its name.",
        "What type has the returned value?",
        Edit((_RETURN, "return loss / count, correct / count")),
        reading=_MEANS,
    ),
    _known(
        "softmax-before-loss",
        "The outputs go through a softmax before the loss",
        "The loss takes logits and has its softmax inside. Twice, it cannot come near zero: the validation loss looks "
        "as if the model were unsure, while the accuracy is unchanged.",
        "What does loss_fn expect: logits or probabilities?",
        Edit((_RUN, "                outputs = model(images).softmax(dim=1)\n")),
        Edit((_RUN, "                outputs = model(images).log_softmax(dim=1)\n")),
        reading=_LOSSES,
    ),
    _known(
        "swapped-loss-arguments",
        "Labels and outputs are given to the loss the wrong way round",
        "PyTorch's losses take (outputs, labels). Keras takes (y_true, y_pred), which is where this comes from.",
        "In which order does loss_fn take its arguments?",
        Edit(("loss_fn(outputs, labels)", "loss_fn(labels, outputs)")),
        reading=_LOSSES,
    ),
    _known(
        "another-loss",
        "A loss of one's own is measured instead of loss_fn",
        "The validation loss can be compared with the training loss only if both are the same function.",
        "Where do you use loss_fn?",
        Edit(("loss_fn(outputs, labels)", "torch.nn.functional.cross_entropy(outputs, labels)")),
        reading=_LOSSES,
    ),
)

MISCONCEPTIONS = MODES + GRADIENTS + FIGURES

ANSWERS = Answers(exercise=EXERCISE, solution=SOLUTION, misconceptions=MISCONCEPTIONS, variants=VARIANTS)
