"""Right code for 13.7 in other styles."""

from __future__ import annotations

from coursekit.grading.answers import Edit, Form

from .solution import ADAM, BINARY, CHOSEN, HEALTHY, LOGGED, MEAN, NEEDED, NETWORK, RISEN, RUN, SGD, TOTAL

_RESIDUAL = """\
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.first = nn.Conv2d(width, width, 3, padding="same", bias=False)
            self.norm = nn.GroupNorm(4, width)
            self.second = nn.Conv2d(width, width, 1)

        def forward(self, x):
            return x + self.second(F.gelu(self.norm(self.first(x))))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(in_channels, 16, 4, stride=4)
            self.blocks = nn.ModuleList(Block(16) for _ in range(3))
            self.head = nn.Linear(16, num_classes, bias=False)
            nn.init.zeros_(self.head.weight)

        def forward(self, images):
            x = self.stem(images)
            for block in self.blocks:
                x = block(x)
            return self.head(x.flatten(2).mean(-1))

    return Net()
"""
_LENET = """\
    return nn.Sequential(
        nn.Conv2d(in_channels, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(64, 84), nn.Tanh(), nn.Linear(84, num_classes),
    )
"""
_NORMALIZED = """\
    def block(ins, outs):
        return [nn.Conv2d(ins, outs, 3, padding=1), nn.BatchNorm2d(outs), nn.ReLU(inplace=True), nn.MaxPool2d(2)]

    return nn.Sequential(
        *block(in_channels, 32), *block(32, 64), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64 * 16, 128),
        nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, num_classes),
    )
"""
_LAZY = """\
    net = nn.Sequential(nn.LazyConv2d(8, 3), nn.SiLU(), nn.Flatten(), nn.LazyLinear(num_classes))
    net(torch.zeros(2, in_channels, 16, 16))
    return net
"""
_FUNCTIONAL = """\
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.kernel = nn.Parameter(torch.randn(12, in_channels, 3, 3) / (9 * in_channels) ** 0.5)
            self.matrix = nn.Parameter(torch.randn(num_classes, 12 * 49) * 0.02)
            self.bias = nn.Parameter(torch.zeros(num_classes))

        def forward(self, images):
            hidden = F.max_pool2d(F.conv2d(images, self.kernel), 2)
            return hidden.reshape(images.shape[0], -1) @ self.matrix.T + self.bias

    return Net()
"""
_FULLY_CONVOLUTIONAL = """\
    net = nn.Sequential()
    widths = [in_channels, 8, 16, 32, 64]
    for ins, outs in zip(widths, widths[1:]):
        net.append(nn.Conv2d(ins, outs, kernel_size=3, stride=2, padding=1))
        net.append(nn.LeakyReLU(0.1))
    net.append(nn.Conv2d(64, num_classes, 1))
    net.append(nn.Flatten())
    return net.train()
"""

VARIANTS: dict[str, Form] = {
    "residual-network-and-arrays": Edit(
        (NETWORK, _RESIDUAL),
        (
            MEAN,
            "import numpy as np\n        means.append(float(np.average(losses[start : start + len(sizes)], "
            "weights=sizes)))",
        ),
        (TOTAL, "pass"),
        (BINARY, "nn.BCEWithLogitsLoss()(logits, labels.unsqueeze(1).float())"),
        (
            RUN,
            "    initial = {name: value.clone() for name, value in model.state_dict().items()}\n    for rate in "
            "rates:\n"
            "        curves[rate] = run(model, rate)\n        model.load_state_dict(initial)\n",
        ),
        (
            NEEDED,
            "(lambda below: int(below.argmax()) if below.any() else "
            "len(losses))(__import__('numpy').array(losses) < threshold)",
        ),
        (RISEN, "float(__import__('numpy').diff(losses).clip(0).mean())"),
    ),
    "lenet-and-formulas": Edit(
        (NETWORK, _LENET),
        (SGD, "torch.optim.SGD([{'params': [p]} for p in model.parameters()], learning_rate, 0.9, 0, weight_decay)"),
        (ADAM, "torch.optim.Adam(list(model.parameters()), learning_rate, (0.9, 0.999), 1e-8, weight_decay)"),
        (BINARY, "(F.softplus(logits[:, 0]) - labels * logits[:, 0]).mean()"),
        (LOGGED, "            losses += [float(loss)]\n"),
        (HEALTHY, "sum(losses) - sum(losses) == 0"),
    ),
    "norms-dropout-and-closures": Edit(
        (NETWORK, _NORMALIZED),
        ("            optimizer.zero_grad()\n", ""),
        (
            "            loss = loss_fn(model(images), labels)\n            loss.backward()\n            "
            "optimizer.step()\n",
            "            def closure():\n                optimizer.zero_grad(set_to_none=False)\n"
            "                value = loss_fn(model(images), labels)\n                value.backward()\n         "
            "       return value\n"
            "            loss = optimizer.step(closure)\n",
        ),
        (BINARY, "F.cross_entropy(torch.cat([torch.zeros_like(logits), logits], dim=1), labels)"),
        (NEEDED, "[*(loss < threshold for loss in losses), True].index(True)"),
    ),
    "lazy-layers": Edit(
        (NETWORK, _LAZY),
        (
            "    model.train()\n    for epoch in range(epochs):\n        for images, labels in batches:\n       "
            "     optimizer.zero_grad()\n",
            "    for images, labels in list(batches) * epochs:\n        if True:\n            model.train()\n",
        ),
        ("            optimizer.step()\n", "            optimizer.step()\n            model.zero_grad()\n"),
        (BINARY, "-torch.where(labels == 1, F.logsigmoid(logits.view(-1)), F.logsigmoid(-logits.view(-1))).mean()"),
        (CHOSEN, "return sorted((curves[rate][-1], rate) for rate in healthy)[0][1]"),
    ),
    "functional-convolution": Edit(
        (NETWORK, _FUNCTIONAL),
        (BINARY, "F.binary_cross_entropy_with_logits(logits.flatten(), labels.to(logits.dtype))"),
        (RUN, "    curves = {rate: run(copy.deepcopy(model), rate) for rate in sorted(rates)}\n"),
        ("    return means", "    return tuple(means)"),
    ),
    "fully-convolutional": Edit(
        (NETWORK, _FULLY_CONVOLUTIONAL),
        (
            RUN,
            "    import io\n    buffer = io.BytesIO()\n    torch.save(model, buffer)\n    for rate in rates:\n"
            "        buffer.seek(0)\n        curves[rate] = run(torch.load(buffer, weights_only=False), rate)\n",
        ),
        (LOGGED, "            losses.append(loss.detach().numpy().item())\n"),
    ),
    "own-optimizer": Edit(
        (
            SGD,
            "_Momentum(model.parameters(), dict(lr=learning_rate, decay=weight_decay))\n\n\n"
            "class _Momentum(torch.optim.Optimizer):\n"
            "    @torch.no_grad()\n"
            "    def step(self, closure=None):\n"
            "        for group in self.param_groups:\n"
            "            for p in group['params']:\n"
            "                if p.grad is not None:\n"
            "                    gradient = p.grad + group['decay'] * p\n"
            "                    v = self.state[p]['v'] = 0.9 * self.state[p].get('v', 0) + gradient\n"
            "                    p -= group['lr'] * v",
        ),
        (
            MEAN,
            "means.append(sum(share * loss for share, loss in zip([size / sum(sizes) for size in sizes], "
            "losses[start:])))",
        ),
        (TOTAL, "pass"),
    ),
    "tables": Edit(
        (RISEN, "-sum(min(before, after) - after for before, after in zip(losses[:-1], losses[1:]))"),
        (NEEDED, "len([1 for end in range(1, len(losses) + 1) if min(losses[:end]) >= threshold])"),
        (HEALTHY, "abs(max(losses, key=lambda x: math.inf if math.isnan(x) else abs(x))) < 1e30"),
        ("torch.optim.Adam(", "getattr(torch.optim, name.capitalize())("),
    ),
}

_LAYERS = "nn.Sequential(nn.Conv2d(in_channels, 8, 3), nn.ReLU(), nn.Av"
_ANOTHER = "another architecture, a nonlinear convolutional network still"

EQUIVALENT: dict[str, str] = {
    **{f"line 10: without argument {place}: {_LAYERS}": _ANOTHER for place in (2, 3, 5)},
    **{f"line {line}: 3 becomes {size}: 3": _ANOTHER for line in (11, 14) for size in (2, 4)},
    **{f"line 13: 2 becomes {size}: 2": _ANOTHER for size in (1, 3)},
}
