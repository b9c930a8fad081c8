"""Misconceptions of 13.3 about boxes."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import (
    AREA,
    BOX_LOSS,
    BOXES,
    GIOU,
    HIGH,
    HULL,
    IOU,
    LOW,
    OUTER_HIGH,
    OUTER_LOW,
    SIDES,
    UNION,
    every,
    known,
)

_PLUS_AREA = Edit((AREA, "return (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)"))
_PLUS_SIDES = Edit((SIDES, "sides = np.maximum(high - low + 1, 0)"))
_PLUS_HULL = Edit((HULL, "hull = (outer_high - outer_low + 1).prod(axis=1)"))
_SIZE_AREA = Edit((AREA, "return boxes[:, 2] * boxes[:, 3]"))
_SIZE_HIGH = Edit((HIGH, "    high = np.minimum(boxes[:, :2] + boxes[:, 2:], truth[:, :2] + truth[:, 2:])"))
_SIZE_HULL = Edit((OUTER_HIGH, "outer_high = np.maximum(boxes[:, :2] + boxes[:, 2:], truth[:, :2] + truth[:, 2:])"))

OF_BOXES = (
    known(
        "sides-not-clamped",
        "Negative sides are not set to 0",
        "Where two boxes lie apart along an axis, the side is negative; apart along both, two negative sides multiply "
        "to an overlap that is not there.",
        "What is the intersection of two boxes in opposite corners of the image?",
        BOXES,
        Edit((SIDES, "sides = high - low")),
        Edit((SIDES, "sides = abs(high - low)")),
        Edit(
            (SIDES, "sides = high - low"), ("inner = sides[:, 0] * sides[:, 1]", "inner = np.maximum(sides.prod(1), 0)")
        ),
    ),
    known(
        "plus-one-pixel",
        "One pixel is added to widths and heights",
        "x2 - x1 + 1 counts pixels where both edges are pixel numbers, as old data sets had it. Edges that are real "
        "numbers have no such pixel: small boxes get a wrong area.",
        "How wide is a box from x1 = 0.2 to x2 = 0.7?",
        BOXES,
        _PLUS_AREA.join(_PLUS_SIDES).join(_PLUS_HULL),
        _PLUS_AREA.join(_PLUS_SIDES),
        _PLUS_AREA,
        _PLUS_SIDES,
    ),
    known(
        "boxes-as-sizes",
        "Boxes are read as x, y, width, height",
        "COCO's files have widths and heights; here the last two numbers are the right and lower edge. Nothing "
        "raises an error: the boxes are merely far too large.",
        "What are the four numbers of a box?",
        BOXES,
        _SIZE_AREA.join(_SIZE_HIGH).join(_SIZE_HULL),
        _SIZE_AREA.join(_SIZE_HIGH),
        _SIZE_AREA,
    ),
    known(
        "boxes-as-centres",
        "Boxes are read as centre, width, height",
        "YOLO's files have centres; here the first two numbers are the left and upper edge, the last two the right and "
        "lower one.",
        "What are the four numbers of a box?",
        BOXES,
        Edit(
            (AREA, "return boxes[:, 2] * boxes[:, 3]"),
            (LOW, "    low = np.maximum(boxes[:, :2] - boxes[:, 2:] / 2, truth[:, :2] - truth[:, 2:] / 2)"),
            (HIGH, "    high = np.minimum(boxes[:, :2] + boxes[:, 2:] / 2, truth[:, :2] + truth[:, 2:] / 2)"),
            (OUTER_LOW, "outer_low = np.minimum(boxes[:, :2] - boxes[:, 2:] / 2, truth[:, :2] - truth[:, 2:] / 2)"),
            (OUTER_HIGH, "outer_high = np.maximum(boxes[:, :2] + boxes[:, 2:] / 2, truth[:, :2] + truth[:, 2:] / 2)"),
        ),
    ),
    known(
        "edges-in-another-order",
        "Boxes are read as x1, x2, y1, y2",
        "The numbers of a box come in corners: left and upper edge, then right and lower edge.",
        "Which of the four numbers belong to x?",
        BOXES,
        Edit(
            (AREA, "return (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])"),
            (LOW, "    low = np.maximum(boxes[:, ::2], truth[:, ::2])"),
            (HIGH, "    high = np.minimum(boxes[:, 1::2], truth[:, 1::2])"),
            (OUTER_LOW, "outer_low = np.minimum(boxes[:, ::2], truth[:, ::2])"),
            (OUTER_HIGH, "outer_high = np.maximum(boxes[:, 1::2], truth[:, 1::2])"),
        ),
    ),
    known(
        "intersection-counted-twice",
        "The union is the sum of both areas",
        "Their common part is in both areas and counted twice: two equal boxes have an IoU of one half.",
        "What is the loss of a box that equals the truth?",
        BOXES,
        Edit((UNION, "union = area(boxes) + area(truth)")),
        Edit((UNION, "union = area(boxes) + area(truth) - 2 * inner")),
        Edit((UNION, "union = area(boxes) + area(truth) + inner")),
        Edit((IOU, "iou = inner / (union + inner)\n")),
    ),
    known(
        "one-area-for-union",
        "The intersection is divided by the area of one box",
        "Over the true box alone, a prediction as large as the image is perfect; over the prediction alone, one as "
        "small as a pixel.",
        "Which prediction makes your loss 0, and should it?",
        BOXES,
        Edit((UNION, "union = area(truth)")),
        Edit((UNION, "union = area(boxes)")),
        Edit((UNION, "union = np.maximum(area(boxes), area(truth))")),
        Edit((UNION, "union = np.minimum(area(boxes), area(truth))")),
        Edit((IOU, "iou = inner / area(truth)\n")),
        Edit((IOU, "iou = inner / area(boxes)\n")),
    ),
    known(
        "hull-for-union",
        "The hull is taken for the union",
        "The box around both also covers what belongs to neither. It has its place in GIoU's second part.",
        "Draw two boxes that touch at a corner: how large are their union and their hull?",
        BOXES,
        Edit(
            (
                UNION,
                "low, high = np.minimum(boxes, truth)[:, :2], np.maximum(boxes, truth)[:, 2:]\n"
                "    union = (high - low).prod(axis=1)",
            )
        ),
        Edit((GIOU, "giou = inner / hull - (hull - union) / hull")),
    ),
    known(
        "iou-for-giou",
        "The plain IoU is used where the generalised one was asked for",
        "For boxes apart the IoU is 0 however far they are: its slope is 0, and nothing pulls the prediction closer.",
        "What does your GIoU loss say of two boxes that are 10 and 1000 pixels apart?",
        BOXES,
        Edit((GIOU, "giou = inner / union")),
        Edit((BOX_LOSS, BOX_LOSS.replace("giou_loss", "iou_loss"))),
        # Felt by the sum only where a box that is drawn lies far enough from its own.
        kin=(Edit((GIOU, "giou = np.maximum(inner / union - (hull - union) / hull, 0)")),),
    ),
    known(
        "giou-for-iou",
        "The generalised IoU is used where the plain one was asked for",
        "iou_loss and giou_loss are two losses: they differ wherever the hull is larger than the union.",
        "Do your two functions give different numbers for boxes that lie apart?",
        BOXES,
        Edit((IOU, "iou = 1 - giou_loss(boxes, truth) * np.ones(1)\n")),
    ),
    known(
        "hull-inside-out",
        "The hull is built from the inner edges",
        "The larger of the low edges and the smaller of the high ones bound the intersection. Around both goes the "
        "smaller low and the larger high edge.",
        "Which of two left edges is further left, in numbers?",
        BOXES,
        Edit(
            (OUTER_LOW, "outer_low = np.maximum(boxes[:, :2], truth[:, :2])"),
            (OUTER_HIGH, "outer_high = np.minimum(boxes[:, 2:], truth[:, 2:])"),
        ),
        Edit((OUTER_LOW, "outer_low = np.maximum(boxes[:, :2], truth[:, :2])")),
        Edit((OUTER_HIGH, "outer_high = np.minimum(boxes[:, 2:], truth[:, 2:])")),
    ),
    known(
        "hull-of-sums",
        "The hull is one of the boxes or the sum of both",
        "The smallest box around both is larger than either, and where they lie apart larger than both together.",
        "What is the hull of two boxes far apart?",
        BOXES,
        Edit((HULL, "hull = area(boxes) + area(truth)")),
        Edit((HULL, "hull = np.maximum(area(boxes), area(truth))")),
    ),
    known(
        "penalty-of-the-intersection",
        "The empty part of the hull is measured from the intersection",
        "hull - union is what belongs to neither box. hull - intersection also punishes what they cover rightly.",
        "What should the second part be for one box inside the other?",
        BOXES,
        Edit((GIOU, "giou = inner / union - (hull - inner) / hull")),
    ),
    known(
        "penalty-over-union",
        "The empty part of the hull is divided by the union",
        "Divided by the hull it lies between 0 and 1, and the loss between 0 and 2. Divided by the union it "
        "has no limit.",
        "How large can your loss become?",
        BOXES,
        Edit((GIOU, "giou = inner / union - (hull - union) / union")),
    ),
    known(
        "penalty-added",
        "The empty part of the hull makes the loss smaller",
        "GIoU is the IoU less the empty share. Added, the loss falls as the boxes move apart.",
        "In which direction does your loss push boxes that lie apart?",
        BOXES,
        Edit((GIOU, "giou = inner / union + (hull - union) / hull")),
    ),
    known(
        "penalty-alone",
        "The IoU is missing in the GIoU",
        "The share of the hull that is filled is 1 for every box inside another, whether it fits or not.",
        "What is your loss for a tiny box in the middle of the truth?",
        BOXES,
        Edit((GIOU, "giou = 1 - (hull - union) / hull")),
        Edit((GIOU, "giou = -(hull - union) / hull")),
    ),
    known(
        "overlap-of-totals",
        "The areas of all pairs are summed before they are divided",
        "Then large boxes count for more than small ones: the mean was to be over pairs.",
        "Does a small box count as much as a large one?",
        BOXES,
        *every(
            Edit((IOU, "iou = inner.sum() / union.sum()\n")),
            Edit((GIOU, "giou = inner.sum() / union.sum() - (hull - union).sum() / hull.sum()")),
        ),
    ),
)
