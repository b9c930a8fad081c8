# right: sweeps on the model itself and puts everything back

import copy
import math
import torch
from torch import nn


def build_cnn(in_channels, num_classes):
    """Een klein netwerk: conv - relu - pool, tweemaal, en dan lineair."""
    lagen = nn.Sequential()
    breedte = in_channels
    for nummer, volgende in enumerate([6, 12]):
        lagen.add_module(f"conv{nummer}", nn.Conv2d(breedte, volgende, 3, padding=1))
        lagen.add_module(f"relu{nummer}", nn.ReLU())
        lagen.add_module(f"pool{nummer}", nn.AvgPool2d(2))
        breedte = volgende
    lagen.add_module("plat", nn.Flatten())
    lagen.add_module("uit", nn.Linear(breedte * 4 * 4, num_classes))
    return lagen


def make_optimizer(name, model, learning_rate, weight_decay=0.0):
    gewichten = [p for p in model.parameters()]
    if name.lower() == "adam":
        optimizer = torch.optim.Adam(gewichten, learning_rate, (0.9, 0.999), 1e-8, weight_decay)
    elif name.lower() == "sgd":
        optimizer = torch.optim.SGD(gewichten, learning_rate, 0.9, 0, weight_decay, nesterov=False)
    else:
        raise KeyError(name)
    return optimizer


def train(model, loss_fn, optimizer, batches, epochs):
    verliezen = []
    model.train(mode=True)
    aantal = len(batches)
    for stap in range(epochs * aantal):
        beelden, labels = batches[stap % aantal]

        def closure():
            optimizer.zero_grad()
            verlies = loss_fn(model(beelden), labels)
            verlies.backward()
            return verlies

        verliezen.append(optimizer.step(closure).item())
    return verliezen


def epoch_means(losses, sizes):
    gemiddelden = []
    totaal = 0.0
    for i, verlies in enumerate(losses):
        plaats = i % len(sizes)
        totaal += verlies * sizes[plaats]
        if plaats == len(sizes) - 1:            # einde van de epoch
            gemiddelden.append(float(totaal / sum(sizes)))
            totaal = 0.0
    return gemiddelden


def binary_loss(logits, labels):
    doel = labels.unsqueeze(1).float()          # (N, 1), net als logits
    return nn.BCEWithLogitsLoss()(logits, doel)


def learning_rate_sweep(model, run, rates):
    begin = copy.deepcopy(model.state_dict())
    standen = [m.training for m in model.modules()]
    gradienten = [None if p.grad is None else p.grad.clone() for p in model.parameters()]

    def terug():
        model.load_state_dict(begin)
        for m, stand in zip(model.modules(), standen):
            m.training = stand
        for p, g in zip(model.parameters(), gradienten):
            p.grad = None if g is None else g.clone()

    uitkomst = {}
    for rate in rates:
        terug()
        uitkomst[rate] = run(model, rate)
    terug()
    return uitkomst


def best_rate(curves):
    kandidaten = []
    for rate in curves:
        if any(math.isnan(x) or math.isinf(x) for x in curves[rate]):
            print(f"{rate}: uiteengelopen")
        else:
            kandidaten.append((curves[rate][-1], rate))
    kandidaten.sort()
    return kandidaten[0][1]


def compare(curves, threshold):
    eerste = {}
    stijging = {}
    for naam, kromme in curves.items():
        eerste[naam] = float("inf")
        stijging[naam] = 0.0
        vorige = None
        for i, x in enumerate(kromme):
            if x < threshold and eerste[naam] == float("inf"):
                eerste[naam] = i
            if vorige is not None and x > vorige:
                stijging[naam] += x - vorige
            vorige = x
    return dict(faster=min(eerste, key=eerste.get), oscillates=max(stijging, key=stijging.get))
