"""A 64-bit fingerprint per image: a multiply-add hash over its pixels, in blocks that fit the cache."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BLOCK_BYTES = 1 << 18
_SPREAD = np.uint64(0xD1B54A32D192ED03)


def _multipliers(n: int) -> NDArray[np.uint64]:
    """Return n fixed odd numbers by splitmix64 (Steele, Lea, Flood 2014), the same for every NumPy."""
    state = np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (state ^ (state >> np.uint64(31))) | np.uint64(1)


def fingerprints(images: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Hash every image of (N, ...) float32 to (N,) uint64; equal values give equal hashes, also 0.0 and -0.0.

    The hash is ``sum_j m_j * (p_j ^ (p_j >> 37)) mod 2**64`` with ``p_j = w_j * c mod 2**64`` over the 64-bit
    words w of the pixels, with fixed odd random m and c (multiply-add hashing, Dietzfelbinger et al. 1997).
    Different images collide with a probability of the order of 2**-40 per pair, so a match is evidence and
    not proof: compare the pixels.
    """
    n = len(images)
    flat = images.reshape(n, -1)
    pixels = flat.shape[1]
    words = (pixels + 1) // 2
    multipliers = _multipliers(words)
    rows = max(1, min(n, _BLOCK_BYTES // (8 * words)))
    # An odd number of pixels is padded with a zero.
    buffer = np.empty((rows, 2 * words), dtype=np.float32)
    shifted = np.empty((rows, words), dtype=np.uint64)
    result = np.empty(n, dtype=np.uint64)
    for start in range(0, n, rows):
        block = flat[start : start + rows]
        k = len(block)
        # Adding 0 turns -0.0 into 0.0, whose bits differ although the values are equal.
        np.add(block, np.float32(0), out=buffer[:k, :pixels])
        buffer[:k, pixels:] = 0
        bits, mixed = buffer.view(np.uint64)[:k], shifted[:k]
        # Round pixel values (0, 0.5, 1) have many zero bits at the low end. Without mixing, such words would
        # only reach the top bits of the sum, and few bits would tell two drawings apart.
        np.multiply(bits, _SPREAD, out=bits)
        np.right_shift(bits, np.uint64(37), out=mixed)
        np.bitwise_xor(bits, mixed, out=mixed)
        np.matmul(mixed, multipliers, out=result[start : start + k])
    return result
