"""The models as PyTorch modules. Loaded only when a PyTorch model is built.

Images come in as (N, C, H, W) float32, logits go out as (N, num_classes). Activations and poolings are
modules of their own, so that a forward hook can be put on each; none works in place, so that what a hook
keeps stays as it was.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

from .geometry import BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM, lenet5_map, lenet5_padding


class LeNet5(nn.Module):
    """LeNet-5 (LeCun et al. 1998): two convolutions, each followed by a pooling, then three dense layers."""

    def __init__(self, *, input_shape: tuple[int, int, int], num_classes: int, activation: str, pooling: str) -> None:
        """Build the layers from checked arguments."""
        super().__init__()
        height, width, channels = input_shape
        pad1, pad2 = lenet5_padding(height, width)
        map_height, map_width = lenet5_map(height, width)
        act = {"tanh": nn.Tanh, "relu": nn.ReLU}[activation]
        pool = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}[pooling]

        self.stem = _named(conv=nn.Conv2d(channels, 6, 5, padding=pad1), act=act(), pool=pool(2))
        self.layer1 = _named(conv=nn.Conv2d(6, 16, 5, padding=pad2), act=act(), pool=pool(2))
        self.flatten = nn.Flatten()
        self.layer2 = _named(fc=nn.Linear(16 * map_height * map_width, 120), act=act())
        self.layer3 = _named(fc=nn.Linear(120, 84), act=act())
        self.head = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) images to (N, num_classes) logits."""
        x = self.stem(x)
        x = self.layer1(x)
        x = self.flatten(x)
        x = self.layer2(x)
        x = self.layer3(x)
        logits: Tensor = self.head(x)
        return logits


class MiniVGG(nn.Module):
    """Three VGG blocks (Simonyan and Zisserman 2015) of doubling width, global average pooling, a head."""

    def __init__(
        self, *, input_shape: tuple[int | None, int | None, int], num_classes: int, width: int, dropout: float
    ) -> None:
        """Build the layers from checked arguments."""
        super().__init__()
        self.layer1 = _vgg_block(input_shape[2], width)
        self.layer2 = _vgg_block(width, 2 * width)
        self.layer3 = _vgg_block(2 * width, 4 * width)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(4 * width, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) images to (N, num_classes) logits."""
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.flatten(self.pool(x))
        x = self.dropout(x)
        logits: Tensor = self.head(x)
        return logits


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut around them (He et al. 2016, figure 2).

    The shortcut is the identity, or a 1x1 convolution with batch norm where the shape changes (option B).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        """Build the layers; only the first convolution and the projection take the stride."""
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = _batch_norm(out_channels)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = _batch_norm(out_channels)
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)
            self.shortcut = _named(conv=projection, bn=_batch_norm(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) maps to (N, out_channels, H / stride, W / stride) ones."""
        y: Tensor = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y = self.relu2(y + self.shortcut(x))
        return y


class MiniResNet(nn.Module):
    """ResNet for 32x32 images (He et al. 2016, section 4.2): stages of doubling width, global pooling."""

    def __init__(
        self,
        *,
        input_shape: tuple[int | None, int | None, int],
        num_classes: int,
        width: int,
        blocks: tuple[int, ...],
    ) -> None:
        """Build the layers from checked arguments."""
        super().__init__()
        stem = nn.Conv2d(input_shape[2], width, 3, padding=1, bias=False)
        self.stem = _named(conv=stem, bn=_batch_norm(width), relu=nn.ReLU())
        channels = width
        self.stages = tuple(f"layer{i + 1}" for i in range(len(blocks)))
        for i, (stage, depth) in enumerate(zip(self.stages, blocks, strict=True)):
            out_channels = width * 2**i
            strides = [1 if i == 0 else 2] + [1] * (depth - 1)
            parts = [
                ResidualBlock(channels if j == 0 else out_channels, out_channels, s) for j, s in enumerate(strides)
            ]
            setattr(self, stage, nn.Sequential(*parts))
            channels = out_channels
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) images to (N, num_classes) logits."""
        x = self.stem(x)
        for stage in self.stages:
            x = getattr(self, stage)(x)
        x = self.flatten(self.pool(x))
        logits: Tensor = self.head(x)
        return logits


class TinyCNN(nn.Module):
    """Two convolutions of 8 and 16 filters, each followed by a pooling, and a head: as small as can be."""

    def __init__(self, *, input_shape: tuple[int, int, int], num_classes: int) -> None:
        """Build the layers from checked arguments."""
        super().__init__()
        height, width, channels = input_shape
        self.stem = _named(conv=nn.Conv2d(channels, 8, 3, padding=1), relu=nn.ReLU(), pool=nn.MaxPool2d(2))
        self.layer1 = _named(conv=nn.Conv2d(8, 16, 3, padding=1), relu=nn.ReLU(), pool=nn.MaxPool2d(2))
        self.flatten = nn.Flatten()
        self.head = nn.Linear(16 * (height // 4) * (width // 4), num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) images to (N, num_classes) logits."""
        x = self.stem(x)
        x = self.layer1(x)
        x = self.flatten(x)
        logits: Tensor = self.head(x)
        return logits


def _vgg_block(in_channels: int, out_channels: int) -> nn.Sequential:
    return _named(
        conv1=nn.Conv2d(in_channels, out_channels, 3, padding=1),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(out_channels, out_channels, 3, padding=1),
        relu2=nn.ReLU(),
        pool=nn.MaxPool2d(2),
    )


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM)


def _named(**modules: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(modules))


CLASSES: dict[str, type[nn.Module]] = {
    "lenet5": LeNet5,
    "mini_resnet": MiniResNet,
    "mini_vgg": MiniVGG,
    "tiny_cnn": TinyCNN,
}


def build(architecture: str, arguments: dict[str, Any]) -> Any:
    """Build a module from checked arguments (without the seed); the global random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        return CLASSES[architecture](**arguments)
