"""What goes wrong in the network, the optimizer and the binary loss of 13.7."""

from __future__ import annotations

from coursekit.grading.answers import Edit

from .solution import BINARY, LAST, NETWORK, known

_LOGITS = "Logits against probabilities"
_RULES = "SGD, momentum, RMSprop, Adam"
_WHOLE = "Putting it together"


def _ending(layer: str) -> Edit:
    return Edit((LAST, f"{LAST}        {layer},\n"))


def _binary(new: str) -> Edit:
    return Edit((BINARY, new))


_UNREGISTERED = """\
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolutions = [nn.Conv2d(in_channels, 8, 3), nn.Conv2d(8, 16, 3)]
            self.head = nn.Linear(16, num_classes)

        def forward(self, x):
            for convolution in self.convolutions:
                x = convolution(x).relu()
            return self.head(x.mean((2, 3)))

    return Net()
"""
_HALF_REGISTERED = _UNREGISTERED.replace(
    "self.convolutions = [", "self.first = nn.Conv2d(in_channels, 8, 3)\n            self.convolutions = [self.first, "
).replace("[self.first, nn.Conv2d(in_channels, 8, 3), ", "[self.first, ")

# As little text as will do: two edits at once must both find theirs.
_ADAM_AT_DEFAULT = Edit(("Adam(model.parameters(), lr=learning_rate", "Adam(model.parameters()"))
_SGD_AT_DEFAULT = Edit(("SGD(model.parameters(), lr=learning_rate", "SGD(model.parameters()"))
_ADAM_WITHOUT_DECAY = Edit((", weight_decay=weight_decay)\n    return", ")\n    return"))
_SGD_WITHOUT_DECAY = Edit((", weight_decay=weight_decay)\n\n", ")\n\n"))

OF_NETWORKS = (
    known(
        "activation-at-the-end",
        "The network ends in an activation, not in logits",
        "Cross-entropy in PyTorch has its softmax inside. After a softmax, sigmoid, tanh or ReLU of the network's own "
        "the logits are squeezed or cut: the loss cannot come near zero, and the gradients are small.",
        "Which values may a logit take, and which can your last layer give?",
        _LOGITS,
        *map(_ending, ("nn.Softmax(dim=1)", "nn.LogSoftmax(dim=1)", "nn.Sigmoid()", "nn.ReLU()", "nn.Tanh()")),
    ),
    known(
        "softmax-over-the-batch",
        "A softmax runs over the images of the batch",
        "Along axis 0 the images compete with each other, and what is said of an image depends on its neighbours.",
        "Which axis holds the classes, and who needs probabilities here?",
        _LOGITS,
        _ending("nn.Softmax(dim=0)"),
        _ending("nn.LogSoftmax(dim=0)"),
    ),
    known(
        "no-activation",
        "Nothing in the network is nonlinear",
        "Convolutions, averages and linear layers one after another are one linear map: depth adds nothing.",
        "What do two linear layers in a row amount to?",
        "Backpropagation on a small graph",
        Edit(
            ("nn.ReLU(),\n        nn.AvgPool2d(2)", "nn.AvgPool2d(2)"),
            ("nn.ReLU(),\n        nn.AdaptiveAvgPool2d(1)", "nn.AdaptiveAvgPool2d(1)"),
        ),
    ),
    known(
        "no-convolution",
        "The network has no convolution",
        "Linear layers on flattened pixels do not know which pixels are neighbours, and learn every place anew.",
        "Which layer looks at every place of the image with the same weights?",
        _WHOLE,
        Edit(
            (
                NETWORK,
                "    return nn.Sequential(nn.Flatten(), nn.Linear(in_channels * 256, 16), nn.ReLU(), "
                "nn.Linear(16, num_classes))\n",
            )
        ),
    ),
    known(
        "layers-not-registered",
        "Layers are kept where PyTorch does not look for them",
        "A module finds the layers that are its attributes, or stand in a ModuleList or Sequential. Those in a plain "
        "list are not in parameters(): the optimizer never gets them, and they stay as they were drawn.",
        "How many tensors does model.parameters() give, and how many should there be?",
        _WHOLE,
        Edit((NETWORK, _UNREGISTERED)),
        Edit((NETWORK, _HALF_REGISTERED)),
    ),
    known(
        "layers-frozen",
        "Layers of the network cannot learn",
        "What has requires_grad = False, or stands behind detach() or no_grad(), gets no gradient.",
        "Which layers does the gradient reach on its way back?",
        "Backpropagation on a small graph",
        Edit((NETWORK, NETWORK.replace("return", "net =") + "    net[0].requires_grad_(False)\n    return net\n")),
        Edit((NETWORK, NETWORK.replace("return", "net =") + "    net[:-1].requires_grad_(False)\n    return net\n")),
    ),
    known(
        "classes-written-in",
        "The number of classes is written into the network",
        "It fits one data set and no other; num_classes says how many logits this one needs.",
        "What does your network return for four classes?",
        _WHOLE,
        Edit(("nn.Linear(16, num_classes)", "nn.Linear(16, 10)")),
    ),
    known(
        "channels-written-in",
        "The number of channels is written into the network",
        "It fits coloured images alone; in_channels is 1 for grey ones.",
        "What does your network do with grey images?",
        _WHOLE,
        Edit(("nn.Conv2d(in_channels, 8, 3)", "nn.Conv2d(3, 8, 3)")),
    ),
)

OF_OPTIMIZERS = (
    known(
        "no-momentum",
        "SGD runs without momentum",
        "momentum is 0 in torch.optim.SGD unless it is given. Plain SGD crawls along valleys and looks worse "
        "beside Adam "
        "than it is.",
        "Which momentum does torch.optim.SGD take when you say nothing?",
        _RULES,
        Edit(("momentum=0.9, ", "")),
    ),
    known(
        "nesterov",
        "SGD runs with Nesterov's momentum",
        "Looking ahead along the velocity is a variant of its own; plain momentum was asked for.",
        "Which settings of SGD did you change beside momentum?",
        _RULES,
        Edit(("momentum=0.9, ", "momentum=0.9, nesterov=True, ")),
    ),
    known(
        "dampened-momentum",
        "The gradient is dampened in the velocity",
        "With dampening the velocity is a running mean of gradients: the steps are ten times shorter.",
        "Which settings of SGD did you change beside momentum?",
        _RULES,
        Edit(("momentum=0.9, ", "momentum=0.9, dampening=0.9, ")),
    ),
    known(
        "rate-not-passed-on",
        "The learning rate does not reach the optimizer",
        "The optimizer takes its default, 0.001, whatever was asked for: a sweep of rates shows one curve many times.",
        "Which rate is in optimizer.param_groups[0]['lr']?",
        _RULES,
        _ADAM_AT_DEFAULT.join(_SGD_AT_DEFAULT),
        _ADAM_AT_DEFAULT,
        _SGD_AT_DEFAULT,
    ),
    known(
        "decay-not-passed-on",
        "Weight decay does not reach the optimizer",
        "The argument is taken and forgotten: nothing pulls the weights to zero.",
        "Follow weight_decay from the call to the update.",
        "Weight decay and L2",
        _ADAM_WITHOUT_DECAY.join(_SGD_WITHOUT_DECAY),
        _ADAM_WITHOUT_DECAY,
        _SGD_WITHOUT_DECAY,
    ),
    known(
        "decoupled-decay",
        "AdamW's decay stands in for Adam's",
        "AdamW shrinks the weights apart from the gradient; Adam adds the decay to the gradient, and divides it by the "
        "same root. The two are different optimizers. Decoupled decay is often the better choice, but not what "
        "was asked.",
        "At which place in the update does the decay come in?",
        "Weight decay and L2",
        Edit(("torch.optim.Adam(", "torch.optim.AdamW(")),
    ),
)

OF_BINARY = (
    known(
        "sigmoid-twice",
        "A sigmoid stands before a loss that has one inside",
        "The loss takes the logits as they are. After a sigmoid they are all between 0 and 1, which it reads as "
        "probabilities between 0.5 and 0.73: it cannot come near zero.",
        "What does the name of the loss function say about its first argument?",
        _LOGITS,
        _binary("F.binary_cross_entropy_with_logits(torch.sigmoid(logits.squeeze(1)), labels.float())"),
    ),
    known(
        "sigmoid-then-logarithm",
        "The logarithm is taken of a rounded probability",
        "The sigmoid of 200 is 1 in float32, and the logarithm of 1 - 1 is minus infinity (PyTorch cuts it at "
        "-100). The "
        "gradient is lost where the network is surest and wrong.",
        "What is 1 - sigmoid(200) in float32?",
        _LOGITS,
        _binary("F.binary_cross_entropy(torch.sigmoid(logits.squeeze(1)), labels.float())"),
        _binary(
            "-(labels * logits.squeeze(1).sigmoid().log() + (1 - labels) * (1 - "
            "logits.squeeze(1).sigmoid()).log()).mean()"
        ),
    ),
    known(
        "no-sigmoid",
        "A loss for probabilities gets logits",
        "binary_cross_entropy takes numbers between 0 and 1 and refuses others.",
        "What does the loss function expect: logits or probabilities?",
        _LOGITS,
        _binary("F.binary_cross_entropy(logits.squeeze(1), labels.float())"),
    ),
    known(
        "shapes-broadcast",
        "Logits (N, 1) meet labels (N,)",
        "PyTorch's own loss refuses the pair; a formula of one's own broadcasts them to (N, N), and every logit is "
        "compared with every label. The number looks like a loss.",
        "What is the shape of logits - labels?",
        _LOGITS,
        _binary("F.binary_cross_entropy_with_logits(logits, labels.float())"),
        _binary("(F.softplus(logits) - labels * logits).mean()"),
    ),
    known(
        "squeezed-to-nothing",
        "squeeze() takes the batch away where it has one image",
        "Without an axis, squeeze drops every axis of length one: of (1, 1) nothing is left, and the last batch of an "
        "epoch may be one image.",
        "What is the shape of logits.squeeze() for one image?",
        _LOGITS,
        _binary("F.binary_cross_entropy_with_logits(logits.squeeze(), labels.float())"),
    ),
    known(
        "integer-labels",
        "The labels are left as integers",
        "Cross-entropy over classes takes class numbers; the binary one takes probabilities, and they are floats.",
        "Which type do the labels have, and which does this loss take?",
        _LOGITS,
        _binary("F.binary_cross_entropy_with_logits(logits.squeeze(1), labels)"),
    ),
    known(
        "cross-entropy-of-one-logit",
        "Cross-entropy over classes is taken of a single logit",
        "A softmax needs a logit for every class. Over one it is always 1; over the column of a batch it makes the "
        "images compete.",
        "How many classes does the softmax see?",
        _LOGITS,
        _binary("F.cross_entropy(logits, labels)"),
        _binary("F.cross_entropy(logits.squeeze(1), labels.float())"),
        _binary("F.cross_entropy(logits, labels.float().unsqueeze(1))"),
    ),
    known(
        "sum-of-binary-losses",
        "The binary loss is a sum over the batch",
        "Gradients grow with the batch: a rate that suits 32 images is too high for 256.",
        "Does your loss become larger with more images?",
        "Batch size and the scaling rule",
        _binary(BINARY.replace("float())", 'float(), reduction="sum")')),
    ),
    known(
        "labels-first",
        "Labels and logits are given to the loss the wrong way round",
        "PyTorch's losses take (outputs, labels). Keras takes (y_true, y_pred).",
        "In which order does PyTorch's loss take its arguments?",
        _LOGITS,
        _binary("F.binary_cross_entropy_with_logits(labels.float(), logits.squeeze(1))"),
    ),
    known(
        "loss-without-graph",
        "The binary loss has lost its graph",
        "item(), detach() and a comparison with 0 cut the graph: nothing is left for backward() to go through.",
        "Which object carries the graph?",
        "Backpropagation on a small graph",
        _binary(BINARY + ".item()"),
        _binary(BINARY + ".detach()"),
    ),
)
