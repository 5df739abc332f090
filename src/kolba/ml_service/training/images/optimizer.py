"""AdamW (I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019) over one flat array.

All weights lie in it one after the other, so that a step is a few operations instead of a few for each layer. Torch's
own `torch.optim` would do as well, but importing it costs more than a small training: 2.4 s of a processor, most of it
for a compiler that is not used here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import nn

_BETAS = (0.9, 0.999)
_EPSILON = 1e-8


class AdamW:
    """Takes the weights of `network` into its keeping: move the network to its device before, and not after."""

    def __init__(self, network: nn.Module, *, weight_decay: float) -> None:
        parameters = list(network.parameters())
        size = sum(one.numel() for one in parameters)
        place = parameters[0].device
        self._decay = weight_decay
        self._weights = torch.empty(size, device=place)
        self._gradients = torch.zeros(size, device=place)
        self.first = torch.zeros(size, device=place)
        """The mean of the gradients, moving."""
        self.second = torch.zeros(size, device=place)
        """The mean of their squares, moving."""
        self.steps = 0
        _take_over(parameters, self._weights, self._gradients)

    def clear(self) -> None:
        """Forget the gradients."""
        self._gradients.zero_()

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move the weights by the gradients that have gathered."""
        self.steps += 1
        self.first.lerp_(self._gradients, 1 - _BETAS[0])
        self.second.mul_(_BETAS[1]).addcmul_(self._gradients, self._gradients, value=1 - _BETAS[1])
        first, second = (1 - beta**self.steps for beta in _BETAS)
        self._weights.mul_(1 - rate * self._decay)
        spread = self.second.sqrt().div_(math.sqrt(second)).add_(_EPSILON)
        self._weights.addcdiv_(self.first, spread, value=-rate / first)


@torch.no_grad()
def _take_over(
    parameters: Sequence[nn.Parameter], weights: torch.Tensor, gradients: torch.Tensor
) -> None:
    """Let every parameter and its gradient be a part of the flat arrays, laid out in memory as it was."""
    start = 0
    for one in parameters:
        part = slice(start, start + one.numel())
        start += one.numel()
        shape, strides = one.shape, one.stride()
        weights[part].as_strided(shape, strides).copy_(one)
        one.data = weights.as_strided(shape, strides, part.start)
        one.grad = gradients.as_strided(shape, strides, part.start)
