"""Answers to 14.5."""

from __future__ import annotations

from coursekit.autograders.ch14.answers.checkpoint_variants import VARIANTS
from coursekit.autograders.ch14.e14_5 import EXERCISE
from coursekit.grading.answers import Answers, Edit, Form, Misconception

SOLUTION = """\
import torch


def save_checkpoint(path, model, optimizer, epoch):
    checkpoint = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "rng": torch.get_rng_state(),
        "epoch": epoch,
    }
    torch.save(checkpoint, path)


def load_checkpoint(path, model, optimizer):
    checkpoint = torch.load(path, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    torch.set_rng_state(checkpoint["rng"])
    return checkpoint["epoch"]
"""

_READING = "Chapter 14, Checkpoints and exact resume"
_MODEL = '"model": model.state_dict(),'
_OPTIMIZER = '"optimizer": optimizer.state_dict(),'
_RNG = '"rng": torch.get_rng_state(),'
_DICT = "    checkpoint = {\n"
_SAVE = "torch.save(checkpoint, path)"
_READ = "torch.load(path, weights_only=True)"
_LOAD_MODEL = 'model.load_state_dict(checkpoint["model"])'
_LOAD_OPTIMIZER = 'optimizer.load_state_dict(checkpoint["optimizer"])'
_LOAD_RNG = 'torch.set_rng_state(checkpoint["rng"])'
_RETURN = 'return checkpoint["epoch"]'
_PICKLED_READ = "torch.load(path, weights_only=False)"


def _known(
    name: str, title: str, explanation: str, hint: str, *forms: Form, kin: tuple[Form, ...] = ()
) -> Misconception:
    return Misconception(
        name=name, title=title, explanation=explanation, hint=hint, reading=_READING, forms=forms, kin=kin
    )


MISCONCEPTIONS = (
    _known(
        "optimizer-lost",
        "The optimizer begins anew",
        "Without its momenta, counts of steps and rates, the optimizer starts again as on the first day: the loss "
        "jumps after each break, and Adam's bias correction acts a second time.",
        "What is in optimizer.state_dict(), and where is it after loading?",
        Edit((_LOAD_OPTIMIZER, "pass")),
        Edit((_LOAD_OPTIMIZER, "optimizer = torch.optim.Adam(model.parameters())\n    " + _LOAD_OPTIMIZER)),
        Edit(
            (_OPTIMIZER, '"optimizer": [group["lr"] for group in optimizer.param_groups],'),
            (
                _LOAD_OPTIMIZER,
                'for group, rate in zip(optimizer.param_groups, checkpoint["optimizer"]):\n        group["lr"] = rate',
            ),
        ),
        Edit(
            (_OPTIMIZER, '"optimizer": optimizer.param_groups[0]["lr"],'),
            (_LOAD_OPTIMIZER, 'for group in optimizer.param_groups:\n        group["lr"] = checkpoint["optimizer"]'),
        ),
    ),
    _known(
        "rate-not-restored",
        "The learning rate is that of the fresh optimizer",
        "A schedule has lowered the rate during the training. Momenta that are put back without it go on with the rate "
        "of the beginning.",
        "Print optimizer.param_groups[0]['lr'] before saving and after loading.",
        Edit(
            (
                _LOAD_OPTIMIZER,
                'rates = [group["lr"] for group in optimizer.param_groups]\n    '
                + _LOAD_OPTIMIZER
                + '\n    for group, rate in zip(optimizer.param_groups, rates):\n        group["lr"] = rate',
            )
        ),
        Edit(
            (
                _LOAD_OPTIMIZER,
                'rate = optimizer.defaults["lr"]\n    '
                + _LOAD_OPTIMIZER
                + '\n    for group in optimizer.param_groups:\n        group["lr"] = rate',
            )
        ),
        Edit(
            (
                _LOAD_OPTIMIZER,
                'optimizer.state_dict()["state"].update(checkpoint["optimizer"]["state"])\n    '
                'optimizer.load_state_dict({"state": checkpoint["optimizer"]["state"], '
                '"param_groups": optimizer.state_dict()["param_groups"]})',
            )
        ),
    ),
    _known(
        "model-not-loaded",
        "The given model does not get the weights",
        "A copy, or a name of its own inside the function, was loaded. The caller still holds the model that it passed "
        "in, with the weights of a beginner.",
        "Which object does the caller go on with?",
        Edit((_LOAD_MODEL, "pass")),
        Edit((_LOAD_MODEL, 'dict(model.state_dict()).update(checkpoint["model"])')),
        Edit(
            (
                _LOAD_MODEL,
                'import copy\n    model = copy.deepcopy(model)\n    model.load_state_dict(checkpoint["model"])',
            )
        ),
    ),
    _known(
        "buffers-lost",
        "Only the parameters are saved",
        "The running means of batch norm are buffers and no parameters. Without them the training goes on as if "
        "nothing were wrong, and every evaluation is off.",
        "Which names are in model.state_dict() and not in dict(model.named_parameters())?",
        Edit(
            (_MODEL, '"model": {name: value.detach() for name, value in model.named_parameters()},'),
            (_LOAD_MODEL, 'model.load_state_dict(checkpoint["model"], strict=False)'),
        ),
    ),
    _known(
        "chance-lost",
        "The random numbers are not put back",
        "Dropout draws other masks than it would have: the training is as good as any, and not the same. It cannot be "
        "told from one that has a mistake.",
        "What does torch.rand(1) give right after loading, and what would it have given after saving?",
        Edit((_LOAD_RNG, "pass")),
        Edit((_LOAD_RNG, "torch.manual_seed(0)")),
        Edit((_LOAD_RNG, "torch.manual_seed(42)")),
        Edit((_LOAD_RNG, 'torch.manual_seed(checkpoint["epoch"])')),
        Edit((_RNG, '"rng": torch.Generator().get_state(),')),
    ),
    _known(
        "seed-for-state",
        "The seed is saved in place of the state",
        "A seed leads back to the beginning of the stream. After two epochs the generator stands elsewhere, and the "
        "first masks come a second time.",
        "How many numbers had been drawn when the checkpoint was saved?",
        Edit((_RNG, '"rng": torch.initial_seed(),'), (_LOAD_RNG, 'torch.manual_seed(checkpoint["rng"])')),
    ),
    _known(
        "epoch-lost",
        "The number of epochs is not given back",
        "Who does not know how far the training was begins at epoch 0 again, with its schedule and order of images.",
        "What does load_checkpoint return after 2 and after 4 epochs?",
        Edit((_RETURN, "return 0")),
        Edit((_RETURN, "return None")),
        Edit((_RETURN, "return 1")),
        Edit((_RETURN, "return checkpoint")),
        Edit((_RETURN, "return model, optimizer, checkpoint['epoch']")),
    ),
    _known(
        "epoch-off-by-one",
        "The number of epochs is off by one",
        "An epoch is left out, or trained twice. The number is how many epochs are finished: as an index from 0 it is "
        "already that of the next one.",
        "Save after 2 epochs: what is returned?",
        Edit((_RETURN, 'return checkpoint["epoch"] + 1')),
        Edit((_RETURN, 'return checkpoint["epoch"] - 1')),
    ),
    _known(
        "epoch-of-another-type",
        "The number of epochs is no int any more",
        "range(epoch, epochs) wants an int: a tensor or a text, in which the number was saved, has to be taken apart "
        "again.",
        "What is type(load_checkpoint(...))?",
        Edit(('"epoch": epoch,', '"epoch": torch.tensor(epoch),')),
        Edit(('"epoch": epoch,', '"epoch": str(epoch),')),
        Edit(('"epoch": epoch,', '"epoch": float(epoch),')),
    ),
    _known(
        "objects-pickled",
        "Whole objects are pickled",
        "A pickled model needs the very classes of the day on which it was saved, and reading a pickle runs whatever "
        "code is in it: that is why torch.load refuses. A NumPy array is such an object, too. "
        "Save state dicts, tensors and numbers.",
        "Does torch.load(path, weights_only=True) read your file?",
        Edit(
            (_MODEL, '"model": model,'),
            (_READ, _PICKLED_READ),
            (_LOAD_MODEL, 'model.load_state_dict(checkpoint["model"].state_dict())'),
        ),
        Edit((_MODEL, '"model": model,'), (_READ, _PICKLED_READ), (_LOAD_MODEL, 'model = checkpoint["model"]')),
        Edit(
            (_MODEL, '"model": model,'),
            (_OPTIMIZER, '"optimizer": optimizer,'),
            (_READ, _PICKLED_READ),
            (_LOAD_MODEL, 'model = checkpoint["model"]'),
            (_LOAD_OPTIMIZER, 'optimizer = checkpoint["optimizer"]'),
        ),
        Edit(
            (_SAVE, "torch.save(model, path)"),
            (_READ, _PICKLED_READ),
            (_LOAD_MODEL, "model.load_state_dict(checkpoint.state_dict())"),
            (_LOAD_OPTIMIZER, "pass"),
            (_LOAD_RNG, "pass"),
            (_RETURN, "return 0"),
        ),
        Edit(
            (_SAVE, "torch.save(model, path)"),
            (_READ, _PICKLED_READ),
            (_LOAD_MODEL, "model = checkpoint"),
            (_LOAD_OPTIMIZER, "pass"),
            (_LOAD_RNG, "pass"),
            (_RETURN, "return 0"),
        ),
        kin=(
            Edit((_MODEL, '"model": model,'), (_LOAD_MODEL, 'model.load_state_dict(checkpoint["model"].state_dict())')),
        ),
    ),
    _known(
        "kept-by-reference",
        "The states are kept in memory, and go on changing",
        "state_dict() gives the model's own tensors and no copies: training changes them, and the checkpoint too. "
        "And memory is gone when the process is.",
        "Is there a file? And what becomes of a tensor in your dict when the training goes on?",
        Edit(
            (_SAVE, "STORE.append(checkpoint)"),
            (_READ, "STORE[-1]"),
            ("import torch\n", "import torch\n\nSTORE = []\n"),
        ),
        Edit(
            (_SAVE, "global STORED\n    STORED = dict(checkpoint, optimizer=dict(checkpoint['optimizer']))"),
            (_READ, "STORED"),
            (_LOAD_OPTIMIZER, "pass"),
        ),
        Edit(
            (_SAVE, "STORE[path] = checkpoint"),
            (_READ, "STORE[path]"),
            ("import torch\n", "import torch\n\nSTORE = {}\n"),
        ),
    ),
    _known(
        "not-at-the-path",
        "The checkpoint is not in the file at path",
        "Saved under one name for all, or in memory: the next checkpoint replaces it, and on another computer there is "
        "nothing to load.",
        "Which files are in the folder after two checkpoints with different paths?",
        Edit(
            (_SAVE, "FILE.seek(0)\n    FILE.truncate()\n    torch.save(checkpoint, FILE)"),
            (_READ, "(FILE.seek(0), torch.load(FILE, weights_only=True))[1]"),
            ("import torch\n", "import io\nimport torch\n\nFILE = io.BytesIO()\n"),
        ),
        Edit(
            (_SAVE, 'torch.save(checkpoint, Path(path).with_name("checkpoint.pt"))'),
            (_READ, 'torch.load(Path(path).with_name("checkpoint.pt"), weights_only=True)'),
            ("import torch\n", "from pathlib import Path\nimport torch\n"),
        ),
        Edit((_SAVE, "pass")),
    ),
    _known(
        "rounded",
        "The weights are rounded when they are saved",
        "Half precision keeps three digits: good enough to classify, and not the same training any more.",
        "Compare the weights before saving and after loading with torch.equal.",
        Edit((_MODEL, '"model": {name: value.half() for name, value in model.state_dict().items()},')),
        Edit(
            (
                _MODEL,
                '"model": {name: value.half() if value.is_floating_point() else value '
                "for name, value in model.state_dict().items()},",
            )
        ),
        Edit((_MODEL, '"model": {name: value.bfloat16() for name, value in model.state_dict().items()},')),
    ),
    _known(
        "reseeded-by-saving",
        "Saving changes the random numbers",
        "A seed that is set while saving makes resumed and saved training equal, but both differ from one without "
        "checkpoints, and every checkpoint starts the same masks again.",
        "Does a training that is saved end with the same weights as one that is not?",
        Edit((_DICT, "    torch.manual_seed(0)\n" + _DICT)),
        Edit((_DICT, "    torch.manual_seed(epoch)\n" + _DICT)),
        Edit((_SAVE, _SAVE + "\n    torch.manual_seed(epoch)")),
    ),
)

ANSWERS = Answers(
    exercise=EXERCISE,
    solution=SOLUTION,
    misconceptions=MISCONCEPTIONS,
    variants=VARIANTS,
    equivalent={
        f"line 15: {what}: {where}": "of a file of plain parts, the same is read; that the file is one, is asked"
        for what, where in (
            ("without weights_only", "torch.load(path, weights_only=True)"),
            ("True becomes False", "True"),
        )
    },
)
