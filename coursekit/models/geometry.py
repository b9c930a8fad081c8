"""Numbers that both frameworks' builders must agree on."""

from __future__ import annotations

BATCH_NORM_EPSILON = 1e-5
# The share of the new batch in the running statistics: PyTorch's momentum; Keras's is one minus it.
BATCH_NORM_MOMENTUM = 0.1


def lenet5_padding(height: int, width: int) -> tuple[int, int]:
    """Zero padding of LeNet-5's two convolutions.

    32x32 is the size of LeCun et al. 1998: no padding, a 5x5x16 map before the dense layers. 28x28 is padded
    by 2, as LeCun's own digits were, and ends in the same map. Below 12 pixels (digits are 8x8) the second
    convolution is padded too, because nothing would be left of its map.
    """
    side = min(height, width)
    return (0 if side >= 32 else 2), (0 if side >= 12 else 2)


def lenet5_map(height: int, width: int) -> tuple[int, int]:
    """Height and width of LeNet-5's last map, the one that is flattened."""
    first, second = lenet5_padding(height, width)

    def after(side: int) -> int:
        return ((side + 2 * first - 4) // 2 + 2 * second - 4) // 2

    return after(height), after(width)
