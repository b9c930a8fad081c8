"""Ways to write 13.7, from its text alone: RIGHT must get full points; WRONG lose those of the named checks."""

from __future__ import annotations

PARTS = {
    "build_cnn": """
class SmallCNN(nn.Module):
    def __init__(self, c, k):
        super().__init__()
        self.conv1 = nn.Conv2d(c, 16, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(32 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, k)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = x.view(x.size(0), -1)
        return self.fc2(torch.relu(self.fc1(x)))

def build_cnn(in_channels, num_classes):
    return SmallCNN(in_channels, num_classes)
""",
    "make_optimizer": """
def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    elif name == "sgd":
        return torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=weight_decay)
    else:
        raise ValueError(name)
""",
    "train": """
def train(model, loss_fn, optimizer, batches, epochs):
    history = []
    for epoch in range(epochs):
        model.train()
        for images, labels in batches:
            logits = model(images)
            loss = loss_fn(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append(loss.item())
    return history
""",
    "epoch_means": """
def epoch_means(losses, sizes):
    n = len(sizes)
    result = []
    for e in range(len(losses) // n):
        chunk = losses[e * n:(e + 1) * n]
        result.append(sum(l * s for l, s in zip(chunk, sizes)) / sum(sizes))
    return result
""",
    "binary_loss": """
def binary_loss(logits, labels):
    return nn.functional.binary_cross_entropy_with_logits(logits.view(-1), labels.float())
""",
    "learning_rate_sweep": """
import copy
def learning_rate_sweep(model, run, rates):
    results = {}
    for lr in rates:
        m = copy.deepcopy(model)
        results[lr] = run(m, lr)
    return results
""",
    "best_rate": """
import math
def best_rate(curves):
    best, best_loss = None, float("inf")
    for rate, curve in curves.items():
        if any(math.isnan(v) or math.isinf(v) for v in curve):
            continue
        if curve[-1] < best_loss:
            best, best_loss = rate, curve[-1]
    return best
""",
    "compare": """
def compare(curves, threshold):
    def first(c):
        for i, v in enumerate(c):
            if v < threshold:
                return i
        return float("inf")
    def up(c):
        return sum(max(0, b - a) for a, b in zip(c[:-1], c[1:]))
    a, b = curves
    return {
        "faster": a if first(curves[a]) < first(curves[b]) else b,
        "oscillates": a if up(curves[a]) > up(curves[b]) else b,
    }
""",
}


def with_parts(**parts: str | None) -> str:
    """The plain code, with some functions written in another way, or (None) not at all."""
    written = [text for text in (PARTS | parts).values() if text is not None]
    return "import torch\nfrom torch import nn\n" + "\n".join(written)


RIGHT = {
    "plain": with_parts(),
    "vgg with batch norm": with_parts(
        build_cnn="""
def build_cnn(in_channels, num_classes):
    layers, c = [], in_channels
    for w in (16, 32, 64):
        layers += [nn.Conv2d(c, w, 3, 1, 1), nn.BatchNorm2d(w), nn.ReLU(True), nn.MaxPool2d(2)]
        c = w
    return nn.Sequential(*layers, nn.Flatten(1), nn.Dropout(), nn.Linear(64 * 2 * 2, num_classes))
"""
    ),
    "lenet with tanh": with_parts(
        build_cnn="""
from collections import OrderedDict
def build_cnn(in_channels, num_classes):
    return nn.Sequential(OrderedDict([
        ("c1", nn.Conv2d(in_channels, 6, 5)), ("t1", nn.Tanh()), ("s2", nn.AvgPool2d(2)),
        ("c3", nn.Conv2d(6, 16, 5)), ("t3", nn.Tanh()), ("f", nn.Flatten()),
        ("c5", nn.Linear(64, 120)), ("t5", nn.Tanh()), ("f6", nn.Linear(120, 84)), ("t6", nn.Tanh()),
        ("out", nn.Linear(84, num_classes)),
    ]))
"""
    ),
    "depthwise, squeeze and excitation": with_parts(
        build_cnn="""
class SE(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Linear(c, c // 4), nn.Linear(c // 4, c)
    def forward(self, x):
        s = torch.sigmoid(self.b(torch.relu(self.a(x.mean((-2, -1))))))
        return x * s[..., None, None]
def build_cnn(in_channels, num_classes):
    return nn.Sequential(
        nn.Conv2d(in_channels, 24, 1), nn.Conv2d(24, 24, 3, groups=24, padding=1), nn.BatchNorm2d(24), nn.Hardswish(),
        SE(24), nn.Conv2d(24, 24, 3, stride=2, groups=24), nn.InstanceNorm2d(24, affine=True), nn.ELU(),
        nn.AdaptiveMaxPool2d((1, 1)), nn.Flatten(), nn.Linear(24, num_classes))
"""
    ),
    "deep residual network": with_parts(
        build_cnn="""
class Basic(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.c1 = nn.Conv2d(i, o, 3, s, 1, bias=False); self.b1 = nn.BatchNorm2d(o)
        self.c2 = nn.Conv2d(o, o, 3, 1, 1, bias=False); self.b2 = nn.BatchNorm2d(o)
        nn.init.zeros_(self.b2.weight)
        self.short = nn.Sequential()
        if i != o or s != 1:
            self.short = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o))
    def forward(self, x):
        return torch.relu(self.short(x) + self.b2(self.c2(torch.relu(self.b1(self.c1(x))))))
def build_cnn(in_channels, num_classes):
    blocks = [Basic(*a) for a in ((16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1))]
    return nn.Sequential(nn.Conv2d(in_channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, num_classes))
"""
    ),
    "patches and layer norm": with_parts(
        build_cnn="""
class Mixer(nn.Module):
    def __init__(self, c, k, d=32):
        super().__init__()
        self.patch = nn.Conv2d(c, d, 4, 4)
        self.norm = nn.LayerNorm(d)
        self.tokens = nn.Linear(16, 16)
        self.features = nn.Sequential(nn.Linear(d, d), nn.GELU(), nn.Linear(d, d))
        self.head = nn.Linear(d, k)
    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.norm(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.features(self.norm(x))
        return self.head(x.mean(1))
def build_cnn(in_channels, num_classes):
    return Mixer(in_channels, num_classes)
"""
    ),
    "dictionaries and arrays": with_parts(
        make_optimizer="""
def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    kinds = {"adam": (torch.optim.Adam, {}), "sgd": (torch.optim.SGD, {"momentum": 0.9})}
    cls, extra = kinds[name]
    return cls(model.parameters(), lr=learning_rate, weight_decay=weight_decay, **extra)
""",
        epoch_means="""
import numpy as np
def epoch_means(losses, sizes):
    grid = np.asarray(losses).reshape(-1, len(sizes))
    return list(grid @ np.asarray(sizes) / np.sum(sizes))
""",
        best_rate="""
import numpy as np
def best_rate(curves):
    rates = list(curves)
    table = np.array([curves[r] for r in rates], dtype=float)
    last = np.where(np.isfinite(table).all(axis=1), table[:, -1], np.inf)
    return rates[int(np.argmin(last))]
""",
        compare="""
import numpy as np
def compare(curves, threshold):
    names = list(curves)
    data = np.array([curves[n] for n in names])
    below = data < threshold
    when = np.where(below.any(1), below.argmax(1), data.shape[1])
    rises = np.maximum(np.diff(data, axis=1), 0).sum(axis=1)
    return dict(faster=names[when.argmin()], oscillates=names[rises.argmax()])
""",
    ),
    "tensors inside": with_parts(
        epoch_means="""
def epoch_means(losses, sizes):
    w = torch.tensor(sizes, dtype=torch.float64)
    return (torch.tensor(losses, dtype=torch.float64).reshape(-1, len(sizes)) * w).sum(1).div(w.sum()).tolist()
""",
        binary_loss="""
def binary_loss(logits, labels):
    y = labels.to(torch.float32).reshape(-1, 1)
    return torch.mean(torch.clamp(logits, min=0) - logits * y + torch.log1p(torch.exp(-torch.abs(logits))))
""",
        learning_rate_sweep="""
def learning_rate_sweep(model, run, rates):
    start = {k: v.detach().clone() for k, v in model.state_dict().items()}
    out = {}
    try:
        for rate in rates:
            model.load_state_dict(start)
            out[rate] = list(run(model, rate))
    finally:
        model.load_state_dict(start)
    return out
""",
        train="""
def train(model, loss_fn, optimizer, batches, epochs):
    logged = []
    model.train()
    for _ in range(epochs):
        for x, y in batches:
            for p in model.parameters():
                p.grad = None
            l = loss_fn(model(x), y)
            torch.autograd.backward(l)
            optimizer.step()
            logged.append(l.detach())
    return torch.stack(logged).tolist()
""",
    ),
}

WRONG = {
    "nothing but the network": (
        with_parts(**dict.fromkeys(list(PARTS)[1:])),
        {
            "optimizers",
            "decay",
            "training",
            "log",
            "floats",
            "means",
            "binary",
            "sweep",
            "best",
            "faster",
            "oscillates",
        },
        (),
    ),
    "softmax in forward": (
        with_parts(
            build_cnn=PARTS["build_cnn"].replace(
                "return self.fc2(torch.relu(self.fc1(x)))",
                "return torch.softmax(self.fc2(torch.relu(self.fc1(x))), dim=1)",
            )
        ),
        {"logits"},
        ("activation-at-the-end",),
    ),
    "layers in a list": (
        with_parts(
            build_cnn="""
class Net(nn.Module):
    def __init__(self, c, k):
        super().__init__()
        self.layers = [nn.Conv2d(c, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 14 * 14, k)]
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
def build_cnn(in_channels, num_classes):
    return Net(in_channels, num_classes)
"""
        ),
        {"layers"},
        (),
    ),
    "classes forgotten": (
        with_parts(build_cnn=PARTS["build_cnn"].replace("nn.Linear(64, k)", "nn.Linear(64, 10)")),
        {"logits"},
        ("classes-written-in",),
    ),
    "plain SGD without decay": (
        with_parts(
            make_optimizer="""
def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    if name == "adam":
        return torch.optim.Adam(model.parameters(), learning_rate)
    return torch.optim.SGD(model.parameters(), learning_rate)
"""
        ),
        {"optimizers", "decay"},
        ("no-momentum", "decay-not-passed-on"),
    ),
    "no zero_grad, and tensors": (
        with_parts(
            train="""
def train(model, loss_fn, optimizer, batches, epochs):
    model.train()
    losses = []
    for _ in range(epochs):
        for x, y in batches:
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss)
    return losses
"""
        ),
        {"training", "floats"},
        ("no-zero-grad", "graph-kept"),
    ),
    "means of epochs": (
        with_parts(
            train="""
def train(model, loss_fn, optimizer, batches, epochs):
    model.train()
    curve = []
    for _ in range(epochs):
        running = 0.0
        for x, y in batches:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        curve.append(running / len(batches))
    return curve
"""
        ),
        {"log"},
        ("loss-per-epoch",),
    ),
    "plain mean of batches": (
        with_parts(
            epoch_means="""
import numpy as np
def epoch_means(losses, sizes):
    return np.array(losses).reshape(-1, len(sizes)).mean(axis=1).tolist()
"""
        ),
        {"means"},
        ("batches-weigh-alike",),
    ),
    "own formula broadcasts": (
        with_parts(
            binary_loss="""
def binary_loss(logits, labels):
    p = torch.sigmoid(logits)
    return -(labels * torch.log(p) + (1 - labels) * torch.log(1 - p)).mean()
"""
        ),
        {"binary"},
        (),
    ),
    "sigmoid twice": (
        with_parts(
            binary_loss="""
def binary_loss(logits, labels):
    return nn.BCEWithLogitsLoss()(torch.sigmoid(logits).squeeze(-1), labels.float())
"""
        ),
        {"binary"},
        ("sigmoid-twice",),
    ),
    "squeeze of everything": (
        with_parts(
            binary_loss="""
def binary_loss(logits, labels):
    return nn.BCEWithLogitsLoss()(logits.squeeze(), labels.float())
"""
        ),
        {"binary"},
        ("squeezed-to-nothing",),
    ),
    "one model for all rates": (
        with_parts(
            learning_rate_sweep="""
def learning_rate_sweep(model, run, rates):
    return {rate: run(model, rate) for rate in rates}
"""
        ),
        {"sweep"},
        ("trained-weights-reused",),
    ),
    "state_dict without a copy": (
        with_parts(
            learning_rate_sweep="""
def learning_rate_sweep(model, run, rates):
    start = model.state_dict()
    results = {}
    for rate in rates:
        model.load_state_dict(start)
        results[rate] = run(model, rate)
    model.load_state_dict(start)
    return results
"""
        ),
        {"sweep"},
        ("trained-weights-reused",),
    ),
    "NaN not thought of": (
        with_parts(
            best_rate="""
def best_rate(curves):
    return min(curves, key=lambda r: curves[r][-1])
"""
        ),
        {"best"},
        ("diverged-chosen",),
    ),
    "argmax of a mask": (
        with_parts(
            compare="""
import numpy as np
def compare(curves, threshold):
    first = {n: int(np.argmax(np.array(c) < threshold)) for n, c in curves.items()}
    rises = {n: np.clip(np.diff(c), 0, None).sum() for n, c in curves.items()}
    return {"faster": min(first, key=first.get), "oscillates": max(rises, key=rises.get)}
"""
        ),
        {"faster"},
        ("never-is-zero",),
    ),
    "final loss and standard deviation": (
        with_parts(
            compare="""
import numpy as np
def compare(curves, threshold):
    return {
        "faster": min(curves, key=lambda n: curves[n][-1]),
        "oscillates": max(curves, key=lambda n: np.std(curves[n])),
    }
"""
        ),
        {"faster", "oscillates"},
        ("depth-for-speed", "spread-for-oscillation"),
    ),
}
