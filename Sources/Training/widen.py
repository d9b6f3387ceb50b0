"""A wider network that begins where a narrower one stands: GRL-S from a trained GRL-T.

Every channel of the narrow network becomes two neighbours of equal value (2c and 2c + 1). What adds channels up takes both with shares
that sum to one, so every sum is what it was; layer norm, GELU, the cosine of queries and keys and the halves, thirds and heads that channels
are cut into do not notice pairs. The wide network thus computes the narrow one's function exactly, and the shares, drawn at random for each
weight, give the two of a pair different gradients, so they part in training. (The idea is Net2Net's, Chen et al., ICLR 2016.)
"""
import itertools
from typing import Dict, Optional, Sequence, Tuple

import torch

from grl_torch import RGB_MEAN


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


@torch.no_grad()
def begin(net: torch.nn.Module, have: Dict[str, torch.Tensor], generator: torch.Generator) -> Tuple[int, int]:
    """Give `net` every tensor of `have` whose name is the same and whose shape is, or half as wide.

    A network of several views takes what a single-view one has learned about features, and begins as the mean of its views.
    Returns how many tensors were taken, and how many of them were widened.
    """
    taken = grown = 0
    views = net.cfg.in_channels // net.cfg.channels_out if net.cfg.upsampler == "" else 1
    if views > 1:
        take_single_view(net, have, views)
    for name, parameter in net.named_parameters():
        if views > 1 and name.startswith(("conv_first", "conv_after_body", "conv_last")):
            continue
        start = widened(have[name].float(), parameter.shape, generator) if name in have else None
        if start is not None:
            parameter.copy_(start)
            taken += 1
            grown += have[name].shape != parameter.shape
    direct = "upsample.up.0.weight" in have and "conv_before_upsample.0.weight" not in have
    if direct and net.cfg.upsampler == "pixelshuffle":
        weight, bias = (have[f"upsample.up.0.{part}"].float() for part in ("weight", "bias"))
        wide = widened(weight, (len(weight), net.cfg.embed_dim, *weight.shape[2:]), generator)
        if wide is not None and len(weight) == net.cfg.channels_out * net.cfg.upscale ** 2:
            take_direct_head(net, wide, bias)
    return taken, grown


@torch.no_grad()
def take_single_view(net: torch.nn.Module, have: Dict[str, torch.Tensor], views: int) -> None:
    """First and last layers of a network that sees its views stacked (left RGB, right RGB) and adds none of them to its output itself.

    The first channels carry the mean of the views to the output, exactly; the others see it as the single-view network sees its picture,
    which subtracts the mean colour before its first kernel where this one does not. What the last kernel makes of them begins at zero.
    """
    out = net.cfg.channels_out
    weight, bias = have.get("conv_first.weight"), have.get("conv_first.bias")
    first, after, last = net.conv_first, net.conv_after_body, net.conv_last
    if weight is not None and weight.shape == (first.weight.shape[0], out, *first.weight.shape[2:]):
        first.weight.copy_(weight.float().repeat(1, views, 1, 1) / views)
        mean = torch.tensor(RGB_MEAN if out == 3 else (0.0,) * out)
        first.bias.copy_(bias.float() - weight.float().sum((2, 3)) @ mean)
    body = have.get("conv_after_body.weight")
    if body is not None and body.shape == after.weight.shape:
        after.weight.copy_(body.float())
        after.bias.copy_(have["conv_after_body.bias"].float())
    for conv in (first, after, last):
        conv.weight[:out], conv.bias[:out] = 0, 0
    last.weight.zero_()
    for c in range(out):
        first.weight[c, c::out, 1, 1] = 1 / views
        last.weight[c, c, 1, 1] = 1


@torch.no_grad()
def take_direct_head(net: torch.nn.Module, weight: torch.Tensor, bias: torch.Tensor) -> None:
    """Let the upsampler of GRL-S (kernel, rectifier, pixel shuffles, kernel) begin as that of GRL-T (kernel, one pixel shuffle).

    net: GRL with `pixelshuffle`; weight: [outputs * scale**2, channels, 3, 3]; bias: [outputs * scale**2]. All subpixels travel in
    the first channels, lifted by one so that the rectifier lets them pass; what the other channels hold is not looked at yet.
    """
    outputs, rest = net.cfg.channels_out, net.cfg.upscale
    first, last = net.conv_before_upsample[0], net.conv_last
    first.weight[:len(weight)], first.bias[:len(bias)] = weight, bias + 1
    steps = list(net.upsample.up)
    for conv, shuffle in zip(steps[::2], steps[1::2]):
        factor = shuffle.upscale_factor
        inner = rest // factor
        for c, y, x in itertools.product(range(outputs), range(rest), range(rest)):
            source = (c * rest + y) * rest + x
            channel = (c * inner + y % inner) * inner + x % inner
            target = (channel * factor + y // inner) * factor + x // inner
            conv.weight[target], conv.bias[target] = 0, 0
            conv.weight[target, source, 1, 1] = 1
        rest = inner
    last.weight.zero_()
    last.bias.fill_(-1)
    last.weight[range(outputs), range(outputs), 1, 1] = 1
