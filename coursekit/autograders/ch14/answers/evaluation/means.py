"""What goes wrong in means over images: sums, counts and what divides them."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import BACK, COUNT, HITS, KEEP, LOSS, RESULT, known, result

OF_MEANS = (
    known(
        "mean-of-batch-means",
        "Each batch counts the same, however many images it has",
        "The mean of the batches' means weighs an image of a short last batch several times as much as the others. "
        "With 1000 images in batches of 256 the last 232 weigh a tenth more than their share, with a last batch of one "
        "image that one image weighs as much as 256.",
        "Two batches, 4 images with mean loss 1 and 1 image with loss 6: what is the mean of the five?",
        Edit(
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            (HITS, "correct += (outputs.argmax(dim=1) == labels).float().mean().item()"),
            ("count += len(labels)", "count += 1"),
        ),
        Edit(
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, number = 0.0, 0, 0, 0"),
            (COUNT, COUNT + "            number += 1\n"),
            (RESULT, "return total / number, correct / count"),
        ),
        Edit(
            (HITS, "correct += (outputs.argmax(dim=1) == labels).float().mean().item()"),
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, number = 0.0, 0, 0, 0"),
            (COUNT, COUNT + "            number += 1\n"),
            (RESULT, "return total / count, correct / number"),
        ),
    ),
    known(
        "batch-means-over-images",
        "Means of batches are added up and divided by the number of images",
        "loss_fn gives a mean already. Dividing the sum of means by the number of images divides by the batch size "
        "twice: the figure is too small, and smaller still with larger batches.",
        "Is what loss_fn returns a sum or a mean over its batch?",
        Edit((LOSS, LOSS.removesuffix(" * len(labels)"))),
        Edit(
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            (HITS, "correct += (outputs.argmax(dim=1) == labels).float().mean().item()"),
        ),
    ),
    known(
        "sums-over-batches",
        "Sums over images are divided by the number of batches",
        "What was added up counts images, what it is divided by counts batches: the accuracy comes out above 1.",
        "Which unit does your sum have, and which your divisor?",
        Edit(("count += len(labels)", "count += 1")),
        Edit(
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, number = 0.0, 0, 0, 0"),
            (COUNT, COUNT + "            number += 1\n"),
            (RESULT, "return total / count, correct / number"),
        ),
        Edit(
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, number = 0.0, 0, 0, 0"),
            (COUNT, COUNT + "            number += 1\n"),
            (RESULT, "return total / number, correct / count"),
        ),
    ),
    known(
        "length-of-the-data-set",
        "The number of images, or of batches, is read off the DataLoader",
        "A generator has no data set, and a DataLoader with a sampler or without its last batch goes through fewer "
        "images than its data set holds. Only the loop knows how many images it has seen.",
        "How many images went through the model? Who can know?",
        result("total / len(batches.dataset), correct / len(batches.dataset)"),
        Edit(
            (KEEP, "    size = len(batches.dataset)\n    number = len(batches)\n" + KEEP),
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            (RESULT, "return total / number, correct / size"),
        ),
        Edit(
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            (HITS, "correct += (outputs.argmax(dim=1) == labels).float().mean().item()"),
            (RESULT, "return total / len(batches), correct / len(batches)"),
        ),
        Edit(
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            (RESULT, "return total / len(batches), correct / len(batches.dataset)"),
        ),
        result("total / count, correct / len(batches.dataset)"),
        Edit(
            (LOSS, LOSS.removesuffix(" * len(labels)")),
            (RESULT, "return total / len(batches), correct / count"),
        ),
    ),
    known(
        "all-batches-taken-as-full",
        "Every batch is taken to be as large as one of them",
        "The number of batches times one batch's size is not the number of images where batches differ.",
        "How many images are in the last batch?",
        Edit(
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, number = 0.0, 0, 0, 0"),
            (COUNT, COUNT + "            number += 1\n"),
            (RESULT, "return total / (number * len(labels)), correct / (number * len(labels))"),
        ),
        Edit(
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, size = 0.0, 0, 0, 0"),
            (COUNT, "            size = max(size, len(labels))\n            count += size\n"),
        ),
        Edit(
            ("total, correct, count = 0.0, 0, 0", "total, correct, count, size = 0.0, 0, 0, 0"),
            (COUNT, "            size = size or len(labels)\n            count += size\n"),
        ),
        result("total / (len(batches) * batches.batch_size), correct / (len(batches) * batches.batch_size)"),
    ),
    known(
        "last-batch-only",
        "The figures are those of the last batch",
        "In the loop each batch overwrites what was there before. The curve of such a figure is noise: it is the "
        "figure of one small batch.",
        "What is in your variables before the second batch, and after it?",
        Edit(
            ("total += ", "total = "),
            ("correct += ", "correct = "),
            ("count += ", "count = "),
        ),
        Edit(("total += ", "total = "), (RESULT, "return total / len(labels), correct / count")),
        Edit(("correct += ", "correct = "), (RESULT, "return total / count, correct / len(labels)")),
    ),
    known(
        "last-batch-over-all",
        "The last batch's sum is divided by the number of all images",
        "One figure is overwritten in each pass of the loop while the count goes on adding up.",
        "Which of your variables add up, and which are overwritten?",
        Edit(("total += ", "total = "), ("correct += ", "correct = ")),
        Edit(("total += ", "total = ")),
        Edit(("correct += ", "correct = ")),
    ),
    known(
        "first-batch-only",
        "The loop ends after its first batch",
        "A return or a break that is indented too far leaves the loop in its first pass.",
        "How often is each line of your loop run?",
        Edit((COUNT, COUNT + "            return total / count, correct / count\n")),
        Edit((COUNT, COUNT + "            break\n")),
    ),
    known(
        "last-batch-left-out",
        "The last, shorter batch is left out",
        "Its images count as much as all others. A figure that changes with the batch size is no figure of the model.",
        "How many images did your loop see, and how many are there?",
        Edit(("in batches:", "in list(batches)[:-1]:")),
        Edit(
            (
                "            outputs = ",
                "            if len(labels) == 1:\n                continue\n            outputs = ",
            )
        ),
    ),
    known(
        "metric-never-reset",
        "Sums of earlier calls are still in the figures",
        "What adds up must begin at zero in every call. Kept outside the function, or as a default argument, it is "
        "made once: from the second epoch on the figures mix old and new.",
        "Call your function twice with the same data. Is the second result the first?",
        Edit(
            ("import torch\n", "import torch\n\ntotal, correct, count = 0.0, 0, 0\n"),
            ("    total, correct, count = 0.0, 0, 0\n", "    global total, correct, count\n"),
        ),
        Edit(
            ("import torch\n", "import torch\n\ntotal = 0.0\n"),
            ("    total, correct, count = 0.0, 0, 0\n", "    global total\n    correct, count = 0, 0\n"),
        ),
        Edit(
            ("import torch\n", "import torch\n\ncorrect = 0\n"),
            ("    total, correct, count = 0.0, 0, 0\n", "    global correct\n    total, count = 0.0, 0\n"),
        ),
    ),
    known(
        "batches-gone-through-twice",
        "The batches are gone through twice",
        "A generator is used up after the first loop; the second one sees nothing. And with a shuffled or augmented "
        "loader the second pass would see other batches.",
        "What does a second for loop over the same generator do?",
        Edit(
            ("            " + HITS + "\n", ""),
            (
                BACK,
                "        for images, labels in batches:\n            outputs = model(images)\n            "
                + HITS
                + "\n"
                + BACK,
            ),
        ),
        Edit(
            (
                "        for images, labels",
                "        count = sum(len(y) for _, y in batches)\n        for images, labels",
            ),
            (COUNT, ""),
        ),
        Edit((COUNT, ""), (BACK, "        count = sum(len(y) for _, y in batches)\n" + BACK)),
    ),
    known(
        "sum-for-mean",
        "Sums are returned where means were asked for",
        "A sum grows with the number of images: it cannot be compared between a training and a validation set.",
        "Does your loss double when the data set is doubled?",
        result("total, correct / count"),
        result("total / count, correct"),
        result("total, correct"),
        Edit((LOSS, LOSS.removesuffix(" * len(labels)")), (RESULT, "return total, correct / count")),
    ),
)
