"""A wider network that begins where a narrower one stands: GRL-S from a trained GRL-T.

Every channel of the narrow network becomes two neighbours of equal value (2c and 2c + 1). What adds channels up takes both with shares
that sum to one, so every sum is what it was; layer norm, GELU, the cosine of queries and keys and the halves, thirds and heads that channels
are cut into do not notice pairs. The wide network thus computes the narrow one's function exactly, and the shares, drawn at random for each
weight, give the two of a pair different gradients, so they part in training. (The idea is Net2Net's, Chen et al., ICLR 2016.)
"""
from typing import Optional, Sequence

import torch


def widened(weight: torch.Tensor, shape: Sequence[int], generator: torch.Generator) -> Optional[torch.Tensor]:
    """`weight` for a layer of twice as many channels.

    weight: bias or factor [out], matrix [out, in] or kernel [out, in, rows, columns]; shape: as long, each of the first two sides the same or twice
    as large. None where the shapes differ in another way.
    """
    shape = tuple(shape)
    if weight.dim() != len(shape) or weight.shape[2:] != shape[2:]:
        return None
    if any(new not in (old, 2 * old) for new, old in zip(shape[:2], weight.shape[:2])):
        return None
    wide = weight
    if shape[0] != weight.shape[0]:
        wide = wide.repeat_interleave(2, 0)
    if len(shape) > 1 and shape[1] != weight.shape[1]:
        share = 0.25 + 0.5 * torch.rand(wide.shape[:2], generator=generator)
        shares = torch.stack((share, 1 - share), 2).flatten(1)
        wide = wide.repeat_interleave(2, 1) * shares.reshape(*shares.shape, *[1] * (len(shape) - 2))
    return wide
