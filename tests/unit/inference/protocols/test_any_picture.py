"""Whatever is sent to a model of pictures: a query or a refusal of status 4xx, never a failure of its own."""

from __future__ import annotations

import base64
from typing import Any

import hypothesis
import numpy as np
import orjson
import pytest
from hypothesis import strategies

from kolba.inference import decoding, images, signature
from kolba.inference.protocols import codecs, exchange
from kolba.kit import errors

READ = signature.Signature(
    columns=(signature.Column(name="image", kind="image", shape=(28, 28)),),
    target="label",
    classes=tuple(range(10)),
)
MADE = codecs.build(
    exchange.Model(
        name="digits", version="v", signature=READ, decoder=decoding.Decoder(READ), max_rows=9
    ),
    keeps_pictures=True,
)
SHEET = np.zeros((28, 28), np.uint8)
SHEET[4:24, 12:15] = 255
FILE = images.to_png(SHEET)
TEXT = base64.b64encode(FILE).decode()
NAMES = (
    "image",
    "label",
    "X",
    "rows",
    "data",
    "inputs",
    "instances",
    "dataframe_records",
    "params",
)
cells = (
    strategies.sampled_from((TEXT, f"data:image/png;base64,{TEXT}", TEXT[:90], "", "data:,", "A"))
    | strategies.none()
    | strategies.booleans()
    | strategies.integers(-3, 300)
    | strategies.floats(-1, 300)
    | strategies.just(SHEET.tolist())
    | strategies.just(SHEET.ravel().tolist())
)
values = strategies.recursive(
    cells,
    lambda inner: (
        strategies.lists(inner, max_size=4)
        | strategies.dictionaries(strategies.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)
tensors = strategies.fixed_dictionaries(
    {
        "name": strategies.sampled_from(NAMES[:3]),
        "shape": strategies.sampled_from(
            ([1], [1, 1], [2], [1, 784], [1, 28, 28], [28, 28], [784], [2, 392], [1, 1, 28, 28])
        ),
        "datatype": strategies.sampled_from(("FP32", "FP16", "UINT8", "INT64", "BOOL", "BYTES")),
    },
    optional={
        "data": values | strategies.lists(cells, max_size=2),
        "parameters": strategies.fixed_dictionaries(
            {"binary_data_size": strategies.sampled_from((0, 4, 784, 3136, len(FILE) + 4))}
        ),
    },
)
documents = values | strategies.fixed_dictionaries(
    {"inputs": strategies.lists(tensors, max_size=2)}
)
tails = strategies.sampled_from(
    (b"", b"\0" * 784, b"\1" * 3136, len(FILE).to_bytes(4, "little") + FILE, b"\xff\xff\xff\xff")
)


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(document=documents, tail=tails, is_cut=strategies.booleans())
def test_a_document(name: str, document: Any, tail: bytes, is_cut: bool) -> None:
    head = orjson.dumps(document)
    headers = {"inference-header-content-length": str(len(head))} if is_cut else {}
    _decode(name, head + tail if is_cut else head, None, headers)


@pytest.mark.parametrize("name", ["plain", "v2", "mlflow"])
@hypothesis.settings(deadline=None, max_examples=200)
@hypothesis.given(
    body=strategies.binary(max_size=90)
    | strategies.binary(max_size=20).map(lambda end: FILE[:60] + end)
    | strategies.binary(max_size=60).map(lambda part: b"--x\r\n" + part + b"--x--")
    | strategies.just(
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n%b\r\n--x--' % FILE
    ),
    kind=strategies.sampled_from(
        (None, "image/png", "image/", "multipart/form-data", "multipart/form-data; boundary=x")
    )
    | strategies.text(max_size=30),
)
def test_bytes(name: str, body: bytes, kind: str | None) -> None:
    _decode(name, body, kind, {})


def _decode(name: str, body: bytes, kind: str | None, headers: dict[str, str]) -> None:
    codec: exchange.Codec = getattr(MADE, name)
    try:
        query = codec.decode(body, kind, headers)
    except errors.KolbaError as caught:
        error = caught
    else:
        assert query.features.shape[1] == 784
        assert np.isfinite(query.features).all()
        assert len(query.pictures) == len(query.features)
        return
    assert 400 <= error.status < 500
    for language in ("en", "ru"):
        assert orjson.dumps(error.problem(language))
