"""What training goes on from after a worker's death: weights, the best epoch's, the optimizer's memory, the history."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import torch

from kolba.inference import errors
from kolba.ml_service.training.images import network as networks
from kolba.ml_service.training.images import optimizer as optimizers
from kolba.ml_service.training.images import tensors

_NETWORK, _BEST = "network/", "best/"
_FIRST, _SECOND = "optimizer/first", "optimizer/second"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    network: dict[str, torch.Tensor]
    best: dict[str, torch.Tensor]
    first: torch.Tensor
    second: torch.Tensor
    """What the optimizer remembers."""
    about: dict[str, Any]


def pack(
    network: networks.Network,
    best: Mapping[str, torch.Tensor],
    optimizer: optimizers.AdamW,
    about: Mapping[str, Any],
) -> bytes:
    return tensors.pack(
        {
            **{_NETWORK + name: tensor for name, tensor in network.state_dict().items()},
            **{_BEST + name: tensor for name, tensor in best.items()},
            _FIRST: optimizer.first,
            _SECOND: optimizer.second,
        },
        {**about, "steps": optimizer.steps},
    )


def unpack(
    content: bytes, network: networks.Network, identity: Mapping[str, Any]
) -> Checkpoint | None:
    """None for a checkpoint of another training, and for one that cannot be read: training then begins anew."""
    try:
        found, about = tensors.unpack(content)
    except errors.BadBundle:
        return None
    if about.get("identity") != identity or not {_FIRST, _SECOND} <= found.keys():
        return None
    parts = Checkpoint(
        network=_part(found, _NETWORK),
        best=_part(found, _BEST),
        first=found[_FIRST],
        second=found[_SECOND],
        about=about,
    )
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    for part in (parts.network, parts.best):
        if {name: tensor.shape for name, tensor in part.items()} != expected:
            return None
    return parts


def restore(
    found: Checkpoint, network: networks.Network, optimizer: optimizers.AdamW
) -> dict[str, torch.Tensor]:
    """Put the state back where it was; the best epoch's weights."""
    network.load_state_dict(found.network)
    optimizer.first.copy_(found.first)
    optimizer.second.copy_(found.second)
    optimizer.steps = found.about["steps"]
    place = next(network.parameters()).device
    return {name: tensor.to(place) for name, tensor in found.best.items()}


def _part(found: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in found.items()
        if name.startswith(prefix)
    }
