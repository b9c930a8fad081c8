"""What goes wrong with sums, counts and what divides them."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import LOSS, MEANS, SIZE, START, UNSEEN, known

OF_MEANS = (
    known(
        "mean-of-batch-means",
        "The validation loss is the mean of the means of batches",
        "Images of a small last batch count more than the others then. The figure depends on the batch size, and early "
        "stopping follows noise.",
        "How much does one image of a batch of 1 count, and how much one of a batch of 5?",
        Edit((UNSEEN, "unseen += loss_fn(model(images), labels).item()"), (SIZE, "                size += 1\n")),
        reading=MEANS,
    ),
    known(
        "weighted-sum-over-batches",
        "The sum over images is divided by the number of batches",
        "Sum and count must be of the same thing: the figure is larger by the batch size.",
        "What does your sum run over, and what does your count?",
        Edit((SIZE, "                size += 1\n")),
        reading=MEANS,
    ),
    known(
        "batch-means-over-images",
        "The sum of the means of batches is divided by the number of images",
        "Sum and count must be of the same thing: the figure is smaller by the batch size.",
        "What does your sum run over, and what does your count?",
        Edit((UNSEEN, "unseen += loss_fn(model(images), labels).item()")),
        reading=MEANS,
    ),
    known(
        "last-batch-only",
        "The last validation batch alone is measured",
        "Assigned instead of added to, the figure is that of one batch, which is often the smallest.",
        "Which batches are in your figure?",
        Edit((UNSEEN, UNSEEN.replace("+=", "=")), (SIZE, SIZE.replace("+=", "="))),
        reading=MEANS,
    ),
    known(
        "sum-for-mean",
        "The validation loss is a sum",
        "A sum grows with the data set, and cannot be compared with the training loss.",
        "What would your figure be for twice as many images?",
        Edit(("unseen / size", "unseen")),
        reading=MEANS,
    ),
    known(
        "training-count-for-validation",
        "Sum and count run on from the training into the validation",
        "Training and validation images are then mixed in one figure, which hides overfitting.",
        "Where does your count begin?",
        Edit(("unseen, size = 0.0, 0", "unseen, size = total, count")),
        reading=MEANS,
    ),
    known(
        "validation-total-never-reset",
        "The validation sum runs on from epoch to epoch",
        "The figure is then the mean of all epochs so far: it falls more slowly than the loss does.",
        "What is in your sum when the second epoch begins?",
        Edit(("        unseen, size = 0.0, 0\n", ""), (START, START + "    unseen, size = 0.0, 0\n")),
        reading=MEANS,
    ),
    known(
        "training-mean-of-means",
        "The training loss, which was right, is a mean of means now",
        "It was a mean over images before: the other loss needed the mending.",
        "Which of the two losses weighted its batches by their size?",
        Edit(
            (LOSS, "            total += loss.item()\n"),
            ("            count += len(labels)\n", "            count += 1\n"),
        ),
        reading=MEANS,
    ),
    known(
        "losses-hold-graphs",
        "Losses are kept as tensors",
        "A loss tensor of the training holds the graph of its batch: added up over an epoch, all graphs stay in "
        "memory. And whoever writes the history to a file or draws it wants numbers.",
        "What type is the number that you add?",
        Edit((LOSS, "            total += loss * len(labels)\n")),
        Edit((LOSS, "            total += loss * len(labels)\n"), (UNSEEN, UNSEEN.replace(".item()", ""))),
        Edit((LOSS, "            total += loss.detach() * len(labels)\n")),
        Edit((UNSEEN, UNSEEN.replace(".item()", ""))),
    ),
)
