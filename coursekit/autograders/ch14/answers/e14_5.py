"""Answers to 14.5."""

from __future__ import annotations

from coursekit.autograders.ch14.answers.checkpoint_solution import (
    DICT,
    LOAD_MODEL,
    LOAD_OPTIMIZER,
    LOAD_RNG,
    MODEL,
    OPTIMIZER,
    PICKLED_READ,
    READ,
    RETURN,
    RNG,
    SAVE,
    SOLUTION,
    known,
)
from coursekit.autograders.ch14.answers.checkpoint_variants import VARIANTS
from coursekit.autograders.ch14.e14_5 import EXERCISE
from coursekit.grading.answers import Answers, Edit

MISCONCEPTIONS = (
    known(
        "optimizer-lost",
        "The optimizer begins anew",
        "Without its momenta, counts of steps and rates, the optimizer starts again as on the first day: the loss "
        "jumps after each break, and Adam's bias correction acts a second time.",
        "What is in optimizer.state_dict(), and where is it after loading?",
        Edit((LOAD_OPTIMIZER, "pass")),
        Edit((LOAD_OPTIMIZER, "optimizer = torch.optim.Adam(model.parameters())\n    " + LOAD_OPTIMIZER)),
        Edit(
            (OPTIMIZER, '"optimizer": [group["lr"] for group in optimizer.param_groups],'),
            (
                LOAD_OPTIMIZER,
                'for group, rate in zip(optimizer.param_groups, checkpoint["optimizer"]):\n        group["lr"] = rate',
            ),
        ),
        Edit(
            (OPTIMIZER, '"optimizer": optimizer.param_groups[0]["lr"],'),
            (LOAD_OPTIMIZER, 'for group in optimizer.param_groups:\n        group["lr"] = checkpoint["optimizer"]'),
        ),
    ),
    known(
        "rate-not-restored",
        "The learning rate is that of the fresh optimizer",
        "A schedule has lowered the rate during the training. Momenta that are put back without it go on with the rate "
        "of the beginning.",
        "Print optimizer.param_groups[0]['lr'] before saving and after loading.",
        Edit(
            (
                LOAD_OPTIMIZER,
                'rates = [group["lr"] for group in optimizer.param_groups]\n    '
                + LOAD_OPTIMIZER
                + '\n    for group, rate in zip(optimizer.param_groups, rates):\n        group["lr"] = rate',
            )
        ),
        Edit(
            (
                LOAD_OPTIMIZER,
                'rate = optimizer.defaults["lr"]\n    '
                + LOAD_OPTIMIZER
                + '\n    for group in optimizer.param_groups:\n        group["lr"] = rate',
            )
        ),
        Edit(
            (
                LOAD_OPTIMIZER,
                'optimizer.state_dict()["state"].update(checkpoint["optimizer"]["state"])\n    '
                'optimizer.load_state_dict({"state": checkpoint["optimizer"]["state"], '
                '"param_groups": optimizer.state_dict()["param_groups"]})',
            )
        ),
    ),
    known(
        "first-rate-for-all",
        "Every group gets the learning rate of the first",
        "An optimizer with several groups has several rates: a pretrained backbone often learns slower than a new "
        "head. optimizer.state_dict() holds the settings of each group.",
        "How many entries has optimizer.param_groups, and which of them did you save?",
        Edit(
            (
                LOAD_OPTIMIZER,
                LOAD_OPTIMIZER + "\n    for group in optimizer.param_groups:\n        "
                'group["lr"] = optimizer.param_groups[0]["lr"]',
            )
        ),
    ),
    known(
        "model-not-loaded",
        "The given model does not get the weights",
        "A copy, or a name of its own inside the function, was loaded. The caller still holds the model that it passed "
        "in, with the weights of a beginner.",
        "Which object does the caller go on with?",
        Edit((LOAD_MODEL, "pass")),
        Edit((LOAD_MODEL, 'dict(model.state_dict()).update(checkpoint["model"])')),
        Edit(
            (
                LOAD_MODEL,
                'import copy\n    model = copy.deepcopy(model)\n    model.load_state_dict(checkpoint["model"])',
            )
        ),
    ),
    known(
        "buffers-lost",
        "Only the parameters are saved",
        "The running means of batch norm are buffers and no parameters. Without them the training goes on as if "
        "nothing were wrong, and every evaluation is off.",
        "Which names are in model.state_dict() and not in dict(model.named_parameters())?",
        Edit(
            (MODEL, '"model": {name: value.detach() for name, value in model.named_parameters()},'),
            (LOAD_MODEL, 'model.load_state_dict(checkpoint["model"], strict=False)'),
        ),
    ),
    known(
        "chance-lost",
        "The random numbers are not put back",
        "Dropout draws other masks than it would have: the training is as good as any, and not the same. It cannot be "
        "told from one that has a mistake.",
        "What does torch.rand(1) give right after loading, and what would it have given after saving?",
        Edit((LOAD_RNG, "pass")),
        Edit((LOAD_RNG, "torch.manual_seed(0)")),
        Edit((LOAD_RNG, "torch.manual_seed(42)")),
        Edit((LOAD_RNG, 'torch.manual_seed(checkpoint["epoch"])')),
        Edit((RNG, '"rng": torch.Generator().get_state(),')),
    ),
    known(
        "seed-for-state",
        "The seed is saved in place of the state",
        "A seed leads back to the beginning of the stream. After two epochs the generator stands elsewhere, and the "
        "first masks come a second time.",
        "How many numbers had been drawn when the checkpoint was saved?",
        Edit((RNG, '"rng": torch.initial_seed(),'), (LOAD_RNG, 'torch.manual_seed(checkpoint["rng"])')),
    ),
    known(
        "epoch-lost",
        "The number of epochs is not given back",
        "Who does not know how far the training was begins at epoch 0 again, with its schedule and order of images.",
        "What does load_checkpoint return after 2 and after 4 epochs?",
        Edit((RETURN, "return 0")),
        Edit((RETURN, "return None")),
        Edit((RETURN, "return 1")),
        Edit((RETURN, "return checkpoint")),
        Edit((RETURN, "return model, optimizer, checkpoint['epoch']")),
    ),
    known(
        "epoch-off-by-one",
        "The number of epochs is off by one",
        "An epoch is left out, or trained twice. The number is how many epochs are finished: as an index from 0 it is "
        "already that of the next one.",
        "Save after 2 epochs: what is returned?",
        Edit((RETURN, 'return checkpoint["epoch"] + 1')),
        Edit((RETURN, 'return checkpoint["epoch"] - 1')),
    ),
    known(
        "epoch-of-another-type",
        "The number of epochs is no int any more",
        "range(epoch, epochs) wants an int: a tensor or a text, in which the number was saved, has to be taken apart "
        "again.",
        "What is type(load_checkpoint(...))?",
        Edit(('"epoch": epoch,', '"epoch": torch.tensor(epoch),')),
        Edit(('"epoch": epoch,', '"epoch": str(epoch),')),
        Edit(('"epoch": epoch,', '"epoch": float(epoch),')),
    ),
    known(
        "objects-pickled",
        "Whole objects are pickled",
        "A pickled model needs the very classes of the day on which it was saved, and reading a pickle runs whatever "
        "code is in it: that is why torch.load refuses. A NumPy array is such an object, too. "
        "Save state dicts, tensors and numbers.",
        "Does torch.load(path, weights_only=True) read your file?",
        Edit(
            (MODEL, '"model": model,'),
            (READ, PICKLED_READ),
            (LOAD_MODEL, 'model.load_state_dict(checkpoint["model"].state_dict())'),
        ),
        Edit((MODEL, '"model": model,'), (READ, PICKLED_READ), (LOAD_MODEL, 'model = checkpoint["model"]')),
        Edit(
            (MODEL, '"model": model,'),
            (OPTIMIZER, '"optimizer": optimizer,'),
            (READ, PICKLED_READ),
            (LOAD_MODEL, 'model = checkpoint["model"]'),
            (LOAD_OPTIMIZER, 'optimizer = checkpoint["optimizer"]'),
        ),
        Edit(
            (SAVE, "torch.save(model, path)"),
            (READ, PICKLED_READ),
            (LOAD_MODEL, "model.load_state_dict(checkpoint.state_dict())"),
            (LOAD_OPTIMIZER, "pass"),
            (LOAD_RNG, "pass"),
            (RETURN, "return 0"),
        ),
        Edit(
            (SAVE, "torch.save(model, path)"),
            (READ, PICKLED_READ),
            (LOAD_MODEL, "model = checkpoint"),
            (LOAD_OPTIMIZER, "pass"),
            (LOAD_RNG, "pass"),
            (RETURN, "return 0"),
        ),
        kin=(
            Edit((MODEL, '"model": model,'), (LOAD_MODEL, 'model.load_state_dict(checkpoint["model"].state_dict())')),
        ),
    ),
    known(
        "kept-by-reference",
        "The states are kept in memory, and go on changing",
        "state_dict() gives the model's own tensors and no copies: training changes them, and the checkpoint too. "
        "And memory is gone when the process is.",
        "Is there a file? And what becomes of a tensor in your dict when the training goes on?",
        Edit(
            (SAVE, "STORE.append(checkpoint)"),
            (READ, "STORE[-1]"),
            ("import torch\n", "import torch\n\nSTORE = []\n"),
        ),
        Edit(
            (SAVE, "global STORED\n    STORED = dict(checkpoint, optimizer=dict(checkpoint['optimizer']))"),
            (READ, "STORED"),
            (LOAD_OPTIMIZER, "pass"),
        ),
        Edit(
            (SAVE, "STORE[path] = checkpoint"),
            (READ, "STORE[path]"),
            ("import torch\n", "import torch\n\nSTORE = {}\n"),
        ),
    ),
    known(
        "not-at-the-path",
        "The checkpoint is not in the file at path",
        "Saved under one name for all, or in memory: the next checkpoint replaces it, and on another computer there is "
        "nothing to load.",
        "Which files are in the folder after two checkpoints with different paths?",
        Edit(
            (SAVE, "FILE.seek(0)\n    FILE.truncate()\n    torch.save(checkpoint, FILE)"),
            (READ, "(FILE.seek(0), torch.load(FILE, weights_only=True))[1]"),
            ("import torch\n", "import io\nimport torch\n\nFILE = io.BytesIO()\n"),
        ),
        Edit(
            (SAVE, 'torch.save(checkpoint, Path(path).with_name("checkpoint.pt"))'),
            (READ, 'torch.load(Path(path).with_name("checkpoint.pt"), weights_only=True)'),
            ("import torch\n", "from pathlib import Path\nimport torch\n"),
        ),
        Edit((SAVE, "pass")),
    ),
    known(
        "rounded",
        "The weights are rounded when they are saved",
        "Half precision keeps three digits: good enough to classify, and not the same training any more.",
        "Compare the weights before saving and after loading with torch.equal.",
        Edit((MODEL, '"model": {name: value.half() for name, value in model.state_dict().items()},')),
        Edit(
            (
                MODEL,
                '"model": {name: value.half() if value.is_floating_point() else value '
                "for name, value in model.state_dict().items()},",
            )
        ),
        Edit((MODEL, '"model": {name: value.bfloat16() for name, value in model.state_dict().items()},')),
    ),
    known(
        "reseeded-by-saving",
        "Saving changes the random numbers",
        "A seed that is set while saving makes resumed and saved training equal, but both differ from one without "
        "checkpoints, and every checkpoint starts the same masks again.",
        "Does a training that is saved end with the same weights as one that is not?",
        Edit((DICT, "    torch.manual_seed(0)\n" + DICT)),
        Edit((DICT, "    torch.manual_seed(epoch)\n" + DICT)),
        Edit((SAVE, SAVE + "\n    torch.manual_seed(epoch)")),
    ),
    known(
        "new-seed-by-saving",
        "Saving draws a new seed and goes on from it",
        "The saved training and the resumed one agree, but both leave the stream of one that was never saved: how "
        "often checkpoints are written then decides what is learned. The state can be saved without touching the "
        "generator.",
        "What does torch.rand(1) give after saving, and what would it have given without?",
        *(
            Edit((DICT, f"    torch.manual_seed(torch.randint({seeds}, (1,)).item())\n" + DICT))
            for seeds in ("2**31 - 1", "2**31", "2**32", "2**63 - 1")
        ),
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
