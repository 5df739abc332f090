"""Ten digits drawn with a stencil, and a model that knows just these: for a chain where nothing is trained yet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kolba.inference import bundles, images, signature
from kolba.pipeline.check import protobuf as pb

FLOAT, INT64 = 1, 7
_SEGMENTS = {
    "top": ((0, 0), (0, 1)),
    "upper left": ((0, 0), (1, 0)),
    "upper right": ((0, 1), (1, 1)),
    "middle": ((1, 0), (1, 1)),
    "lower left": ((1, 0), (2, 0)),
    "lower right": ((1, 1), (2, 1)),
    "bottom": ((2, 0), (2, 1)),
}
"""From where to where, in halves of the height and in widths."""
_WITHOUT = {
    0: {"middle"},
    1: {"top", "upper left", "middle", "lower left", "bottom"},
    2: {"upper left", "lower right"},
    3: {"upper left", "lower left"},
    4: {"top", "lower left", "bottom"},
    5: {"upper right", "lower left"},
    6: {"upper right"},
    7: {"upper left", "middle", "lower left", "bottom"},
    8: set[str](),
    9: {"lower left"},
}


def picture(digit: int, side: int = 280) -> images.Luminance:
    """Black on white paper, `[side, side]`."""
    sheet = np.full((side, side), 255, np.uint8)
    pen, height, width = max(1, side // 24), side * 5 // 8, side * 5 // 16
    top, left = (side - height) // 2, (side - width) // 2
    for name, ((row, column), (last_row, last_column)) in _SEGMENTS.items():
        if name not in _WITHOUT[digit]:
            rows = slice(top + row * height // 2 - pen, top + last_row * height // 2 + pen)
            columns = slice(left + column * width - pen, left + last_column * width + pen)
            sheet[rows, columns] = 0
    return sheet


def png(digit: int, side: int = 280) -> bytes:
    return images.to_png(picture(digit, side))


def digit_png(digit: int) -> bytes:
    """As MNIST has its digits: 28×28, light on black, which is decoded quickest."""
    ink = images.as_digit(picture(digit))
    return images.to_png(np.rint(ink * 255).astype(np.uint8))


def bundle(*, sharpness: float = 0.2, side: int = images.SHAPE[0]) -> bytes:
    """The model, as storage keeps it. Another `sharpness` makes another file that answers alike.

    With another `side` its signature is that of another kind of model.
    """
    known = signature.Signature(
        columns=(signature.Column(name="image", kind="image", shape=(side, side)),),
        target="label",
        classes=tuple(range(10)),
    )
    return bundles.write(
        bundles.Bundle(graph=graph(sharpness), signature=known, metrics={}, reference={})
    )


def graph(sharpness: float) -> bytes:
    """The nearest of ten stencils: -|x - t|² but for |x|², which is the same for all."""
    stencils = np.stack([images.as_digit(picture(digit)).ravel() for digit in range(10)])
    weights = (2 * sharpness * stencils.T).astype(np.float32)
    bias = (-sharpness * (stencils**2).sum(axis=1)).astype(np.float32)
    nodes = (
        _node("Gemm", ["X", "W", "b"], "scores"),
        _node("Softmax", ["scores"], "probabilities", pb.message(5, _integer("axis", 1))),
        _node(
            "ArgMax",
            ["probabilities"],
            "label",
            pb.message(5, _integer("axis", 1)) + pb.message(5, _integer("keepdims", 0)),
        ),
    )
    content = pb.message(
        7,
        *(pb.message(1, node) for node in nodes),
        pb.text(2, "stencil"),
        pb.message(5, _constant("W", weights)),
        pb.message(5, _constant("b", bias)),
        pb.message(11, _value("X", FLOAT, weights.shape[0])),
        pb.message(12, _value("label", INT64)),
        pb.message(12, _value("probabilities", FLOAT, 10)),
    )
    opset = pb.message(8, pb.text(1, ""), pb.number(2, 17))
    return pb.number(1, 8) + content + opset


def _node(operator: str, inputs: list[str], output: str, attributes: bytes = b"") -> bytes:
    read = b"".join(pb.text(1, name) for name in inputs)
    return read + pb.text(2, output) + pb.text(4, operator) + attributes


def _integer(name: str, value: int) -> bytes:
    return pb.text(1, name) + pb.number(3, value) + pb.number(20, 2)


def _constant(name: str, value: npt.NDArray[np.float32]) -> bytes:
    sides = b"".join(pb.number(1, side) for side in value.shape)
    return (
        sides
        + pb.number(2, FLOAT)
        + pb.text(8, name)
        + pb.message(9, value.astype("<f4").tobytes())
    )


def _value(name: str, kind: int, *sides: int) -> bytes:
    shape = pb.message(1, pb.text(2, "N")) + b"".join(
        pb.message(1, pb.number(1, side)) for side in sides
    )
    return pb.text(1, name) + pb.message(2, pb.message(1, pb.number(1, kind), pb.message(2, shape)))
