"""Tensors and what is known of them as one safetensors file: nothing in it can run, and the same always gives the same
bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import safetensors
import torch
from safetensors import torch as safetensors_torch

from kolba.inference import errors

_KEY = "kolba"
_LENGTH = 8


def pack(tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> bytes:
    """`about` is anything that JSON can say. It is one entry, as the order of several would be left to chance."""
    document = orjson.dumps(about, option=orjson.OPT_SORT_KEYS).decode()
    rows = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content: bytes = safetensors_torch.save(rows, {_KEY: document})
    return content


def unpack(content: bytes) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The tensors and what was said of them. Raises `BadBundle` for anything that `pack` has not made."""
    try:
        tensors: dict[str, torch.Tensor] = safetensors_torch.load(content)
        size = int.from_bytes(content[:_LENGTH], "little")
        header = orjson.loads(content[_LENGTH : _LENGTH + size])
        about = orjson.loads(header["__metadata__"][_KEY])
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
        raise errors.BadBundle(reason=f"its weights cannot be read ({error})"[:300]) from None
    if not isinstance(about, dict):
        raise errors.BadBundle(reason="its weights do not say what they are")
    return tensors, about
