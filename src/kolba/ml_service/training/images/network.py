"""The convolutional network: three layers of 3×3 filters, each followed by a normalisation, and two dense layers.

Normalisation: S. Ioffe, C. Szegedy, "Batch Normalization", ICML 2015. Dropout: N. Srivastava et al., JMLR 15, 2014.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from kolba.inference import errors
from kolba.ml_service.training.images import tensors

SIDE = 28
MEAN, DEVIATION = 0.1307, 0.3081
"""Of MNIST's pixels."""
_KIND = "kolba-cnn-1"
_MOST_CHANNELS, _MOST_CLASSES = 128, 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decides how many weights there are, and dropout, which has none."""

    channels: int
    """Filters of the first layer; the second and third have twice and four times as many."""
    classes: int
    dropout: float = 0.0

    @property
    def hidden(self) -> int:
        """Units of the dense layer."""
        return 8 * self.channels


class Network(nn.Module):
    """`[N, 784]`, 0 paper … 1 ink → `[N, K]`, the logarithms of odds (logits)."""

    def __init__(self, shape: Shape) -> None:
        """Weights are drawn from torch's own generator; `build` seeds it."""
        super().__init__()
        self.shape = shape
        first, second, third = (shape.channels * times for times in (1, 2, 4))
        self.first, self.first_norm = _convolution(1, first)
        self.second, self.second_norm = _convolution(first, second)
        self.third, self.third_norm = _convolution(second, third)
        self.dense = nn.Linear(third * (SIDE // 4) ** 2, shape.hidden)
        self.dropout = nn.Dropout(shape.dropout)
        self.answer = nn.Linear(shape.hidden, shape.classes)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        scaled = (pixels - MEAN) / DEVIATION
        found = scaled.view(-1, 1, SIDE, SIDE)
        # The largest of each four first, what is below nothing cut off then: the same numbers, a quarter of the work.
        found = torch.relu(_halved(self.first_norm(self.first(found))))
        found = torch.relu(_halved(self.second_norm(self.second(found))))
        found = torch.relu(self.third_norm(self.third(found)))
        found = torch.relu(self.dense(found.flatten(1)))
        logits: torch.Tensor = self.answer(self.dropout(found))
        return logits


def build(hyperparameters: Mapping[str, Any], *, classes: int, seed: int) -> Network:
    """A network with fresh weights; the same seed gives the same. Reads `channels` and `dropout`."""
    shape = Shape(
        channels=hyperparameters["channels"],
        classes=classes,
        dropout=hyperparameters["dropout"],
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _laid_out(Network(shape))


def weights(network: Network) -> bytes:
    """The network, whole, as safetensors."""
    about = {"kind": _KIND, "shape": dataclasses.asdict(network.shape)}
    return tensors.pack(network.state_dict(), about)


def load(content: bytes) -> Network:
    """The network that `weights` has written. Raises `inference.errors.BadBundle` for anything else."""
    found, about = tensors.unpack(content)
    network = Network(_shape(about))
    expected = network.state_dict()
    wrong = [
        name
        for name, tensor in expected.items()
        if name not in found
        or found[name].shape != tensor.shape
        or found[name].dtype != tensor.dtype
        or not bool(torch.isfinite(found[name]).all())
    ]
    if wrong or len(found) != len(expected):
        raise errors.BadBundle(
            reason=f"its weights are not those of the network they name ({', '.join(wrong[:5])})"
        )
    network.load_state_dict(found)
    return _laid_out(network)


def _shape(about: Mapping[str, Any]) -> Shape:
    try:
        shape = Shape(**about["shape"])
        is_sound = (
            about["kind"] == _KIND
            and 1 <= shape.channels <= _MOST_CHANNELS
            and 1 <= shape.classes <= _MOST_CLASSES
            and 0 <= shape.dropout < 1
        )
    except (KeyError, TypeError):
        is_sound = False
    if not is_sound:
        raise errors.BadBundle(reason="its weights are of a network that is not known here")
    return shape


def _convolution(inside: int, outside: int) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """Without a constant term: the normalisation has one."""
    layer = nn.Conv2d(inside, outside, kernel_size=3, padding=1, bias=False)
    return layer, nn.BatchNorm2d(outside)


def _halved(pixels: torch.Tensor) -> torch.Tensor:
    return nn.functional.max_pool2d(pixels, 2)


def _laid_out(network: Network) -> Network:
    """Channels last: a third quicker on a processor, and the same numbers in the file."""
    found: Network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return found
