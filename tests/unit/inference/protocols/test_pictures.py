"""Models that read pictures: every way to send one, in all three protocols, is the same question."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import numpy as np
import numpy.typing as npt
import orjson
import pytest
from hypothesis import strategies
from PIL import Image

from kolba.inference import decoding, images, signature
from kolba.inference import errors as inference_errors
from kolba.inference.protocols import codecs, errors, exchange, v2_metadata

JSON = "application/json"
Form = tuple[exchange.Codec, bytes, str | None, dict[str, str]]
Refused = Callable[[Callable[[], object]], Any]


def reading(*columns: signature.Column) -> signature.Signature:
    return signature.Signature(columns=columns, target="label", classes=tuple(range(10)))


PICTURE = signature.Column(name="image", kind="image", shape=(28, 28))
DIGITS = reading(PICTURE)


def model_of(found: signature.Signature = DIGITS) -> exchange.Model:
    return exchange.Model(
        name="digits", version="v", signature=found, decoder=decoding.Decoder(found), max_rows=9
    )


MADE = codecs.build(model_of())


def drawing(seed: int) -> npt.NDArray[np.uint8]:
    """Light strokes on black, 28×28, anywhere."""
    random = np.random.default_rng(seed)
    sheet = np.zeros((28, 28), np.uint8)
    y, x = random.integers(0, 16, 2)
    height, width = random.integers(5, 12, 2)
    sheet[y : y + height, x : x + 3] = 255
    sheet[y : y + 3, x : x + width] = 200
    return sheet


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def form_of(files: list[bytes], name: str = "file") -> tuple[bytes, str]:
    parts = [
        b'--limit\r\nContent-Disposition: form-data; name="%b"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n%b\r\n" % (name.encode(), file)
        for file in files
    ]
    return b"".join(parts) + b"--limit--\r\n", "multipart/form-data; boundary=limit"


def plain_forms(sheets: list[npt.NDArray[np.uint8]]) -> Iterator[Form]:
    files = [images.to_png(one) for one in sheets]
    ways: list[list[Any]] = [
        [text_of(one) for one in files],
        [f"data:image/png;base64,{text_of(one)}" for one in files],
        [one.tolist() for one in sheets],
        [(one / 255).tolist() for one in sheets],
        [one.ravel().tolist() for one in sheets],
    ]
    for way in ways:
        rows = [{"image": one} for one in way]
        documents: list[Any] = [{"rows": rows}, {"data": rows}, rows]
        if len(rows) == 1:
            documents += [rows[0], way[0]]
        for document in documents:
            yield MADE.plain, orjson.dumps(document), JSON, {}
    yield MADE.plain, orjson.dumps(ways[0]), JSON, {}
    yield MADE.plain, *form_of(files), {}
    yield MADE.plain, *form_of(files, "image"), {}
    yield MADE.plain, ("image\n" + "\n".join(ways[0])).encode(), "text/csv", {}
    if len(files) == 1:
        form = "application/x-www-form-urlencoded"  # what curl says of everything
        for kind in ("image/png", "application/octet-stream", form, None):
            yield MADE.plain, files[0], kind, {}


def mlflow_forms(sheets: list[npt.NDArray[np.uint8]]) -> Iterator[Form]:
    texts = [text_of(images.to_png(one)) for one in sheets]
    for document in (
        {"dataframe_split": {"columns": ["image"], "data": [[one] for one in texts]}},
        {"dataframe_records": [{"image": one} for one in texts]},
        {"instances": [{"image": one} for one in texts]},
        {"instances": [[one] for one in texts]},
        {"instances": texts},
        {"inputs": {"image": texts}},
        {"inputs": [one.tolist() for one in sheets]},
        {"inputs": [one.ravel().tolist() for one in sheets]},
        {"inputs": texts, "params": {"a": 1}},
    ):
        yield MADE.mlflow, orjson.dumps(document), JSON, {}


def v2_forms(sheets: list[npt.NDArray[np.uint8]]) -> Iterator[Form]:
    count = len(sheets)
    files = [images.to_png(one) for one in sheets]
    texts = [text_of(one) for one in files]
    for shape in ([count], [count, 1]):
        tensor = {"name": "image", "datatype": "BYTES", "shape": shape}
        yield MADE.v2, orjson.dumps({"inputs": [{**tensor, "data": texts}]}), JSON, {}
        for elements in (files, [one.encode() for one in texts]):
            content = b"".join(len(one).to_bytes(4, "little") + one for one in elements)
            yield MADE.v2, *with_tail(tensor, content)
    whole = np.stack(sheets)
    parts = (whole / np.float32(255)).astype(np.float32)
    for name in ("image", "X"):
        for shape in ([count, 784], [count, 28, 28], [count, 1, 28, 28]):
            for kind, numbers in (("UINT8", whole), ("FP32", parts)):
                tensor = {"name": name, "datatype": kind, "shape": shape}
                nested = numbers.reshape(shape).tolist()
                yield MADE.v2, orjson.dumps({"inputs": [{**tensor, "data": nested}]}), JSON, {}
                yield MADE.v2, *with_tail(tensor, numbers.tobytes())
    raw = {"inference-header-content-length": "0"}
    yield MADE.v2, parts.tobytes(), "application/octet-stream", raw


def with_tail(tensor: dict[str, Any], tail: bytes) -> tuple[bytes, str, dict[str, str]]:
    tensor = {**tensor, "parameters": {"binary_data_size": len(tail)}}
    head = orjson.dumps({"inputs": [tensor]})
    length = {"inference-header-content-length": str(len(head))}
    return head + tail, "application/octet-stream", length


@hypothesis.settings(deadline=None, max_examples=25)
@hypothesis.given(seeds=strategies.lists(strategies.integers(0, 10_000), min_size=1, max_size=4))
def test_one_picture_in_every_form_is_one_question(seeds: list[int]) -> None:
    sheets = [drawing(seed) for seed in seeds]
    expected = np.stack([images.as_digit(one).ravel() for one in sheets])
    for codec, body, content_type, headers in (
        *plain_forms(sheets),
        *mlflow_forms(sheets),
        *v2_forms(sheets),
    ):
        features = codec.decode(body, content_type, headers).features
        np.testing.assert_array_equal(features, expected, err_msg=repr(body[:300]))
        assert features.dtype == np.float32


def file(sheet: npt.NDArray[np.uint8], kind: str) -> bytes:
    holder = io.BytesIO()
    Image.fromarray(sheet).save(holder, kind)
    return holder.getvalue()


def test_a_jpeg_as_a_body_is_read() -> None:
    sheet = np.full((280, 280), 255, np.uint8)
    sheet[40:200, 100:120] = 0
    query = MADE.plain.decode(file(sheet, "JPEG"), "image/jpeg")
    assert query.features.shape == (1, 784)
    assert query.pictures == ()


@pytest.mark.parametrize(
    ("body", "content_type", "slug", "field"),
    [
        (b"GIF89a", "image/gif", "invalid-image", "image"),
        (b"<svg/>", "image/svg+xml", "invalid-image", "image"),
        (b"", "image/png", "invalid-image", "image"),
        (b'{"image": "nonsense"}', JSON, "invalid-image", "image"),
        (b'{"image": null}', JSON, "invalid-rows", "image"),
        (b'{"image": ""}', JSON, "invalid-rows", "image"),
        (b'{"image": {"b64": ""}}', JSON, "invalid-image", "image"),
        (b'{"picture": ""}', JSON, "invalid-rows", "picture"),
        (b"[]", JSON, "invalid-rows", "body"),
        (b'""', JSON, "invalid-rows", "image"),
        (b"3", JSON, "invalid-query", "body"),
        (orjson.dumps([[0] * 28] * 28), JSON, "nothing-drawn", "image"),
        (form_of([b""])[0], form_of([])[1], "invalid-image", "image"),
        (form_of([])[0], form_of([])[1], "invalid-query", "file"),
        (form_of([b"x"], "other")[0], form_of([])[1], "invalid-query", "file"),
        (form_of([b"x"])[0][:60], form_of([])[1], "invalid-query", "body"),
        (b"x", "multipart/form-data", "invalid-query", "body"),
        (b"image\nnonsense\n", "text/csv", "invalid-image", "image"),
    ],
)
def test_what_is_no_picture_is_refused(
    body: bytes, content_type: str, slug: str, field: str, refused: Refused
) -> None:
    error = refused(lambda: MADE.plain.decode(body, content_type))
    assert error.slug == slug
    assert field in error.problem("en")["errors"][0]["field"]


def test_one_bad_picture_of_many_is_named(refused: Refused) -> None:
    good = text_of(images.to_png(drawing(1)))
    empty = text_of(images.to_png(np.zeros((28, 28), np.uint8)))
    rows = [{"image": good}, {"image": empty}]
    records = orjson.dumps({"dataframe_records": rows})
    tensor = {"name": "image", "datatype": "BYTES", "shape": [2], "data": [good, empty]}
    for codec, body, field in (
        (MADE.plain, orjson.dumps(rows), "1.image"),
        (MADE.plain, orjson.dumps({"rows": rows}), "rows.1.image"),
        (MADE.mlflow, records, "dataframe_records.1.image"),
        (MADE.v2, orjson.dumps({"inputs": [tensor]}), "inputs.0.data.1"),
    ):
        error = refused(lambda codec=codec, body=body: codec.decode(body, JSON))
        fault = error.problem("en")["errors"][0]
        assert (error.slug, fault) == (
            "nothing-drawn",
            {"field": field, "message": "row 2: nothing is drawn"},
        )
        assert error.problem("ru")["errors"][0]["message"] == "строка 2: ничего не нарисовано"


@pytest.mark.parametrize(
    "tensor",
    [
        {"datatype": "FP32", "shape": [1], "data": [1]},
        {"datatype": "FP32", "shape": [1, 28, 27], "data": [0] * 756},
        {"datatype": "FP32", "shape": [2, 392], "data": [0] * 784},
        {"datatype": "BYTES", "shape": [1, 784], "data": ["a"] * 784},
        {"datatype": "BOOL", "shape": [1, 784], "data": [True] * 784},
        {"datatype": "FP32", "shape": [1, 784], "data": [None] * 784},
        {"datatype": "FP32", "shape": [1, 784], "data": [-1.0] * 784},
        {"datatype": "BYTES", "shape": [1], "data": [None]},
    ],
)
@pytest.mark.parametrize("name", ["image", "X"])
def test_tensors_that_are_no_pictures_are_refused(
    name: str, tensor: dict[str, Any], refused: Refused
) -> None:
    body = orjson.dumps({"inputs": [{"name": name, **tensor}]})
    error = refused(lambda: MADE.v2.decode(body, JSON))
    assert isinstance(
        error, inference_errors.InvalidRows | images.InvalidImage | errors.InvalidQuery
    )


def test_too_many_pictures_are_refused(refused: Refused) -> None:
    body, content_type = form_of([images.to_png(drawing(1))] * 10)
    assert refused(lambda: MADE.plain.decode(body, content_type)).slug == "too-many-rows"


def test_a_model_of_tables_takes_no_pictures(made: codecs.Codecs, refused: Refused) -> None:
    content = images.to_png(drawing(1))
    for kind in ("image/png", "multipart/form-data; boundary=x", "application/octet-stream"):
        assert refused(lambda kind=kind: made.plain.decode(content, kind)).status == 415


def test_a_picture_may_stand_beside_other_columns() -> None:
    both = reading(
        signature.Column(name="age", kind="numeric"),
        PICTURE,
        signature.Column(name="sex", kind="categorical", categories=("f", "m")),
    )
    assert both.width == 786
    made = codecs.build(model_of(both))
    sheet = drawing(3)
    text = text_of(images.to_png(sheet))
    expected = np.concatenate([[7.5], images.as_digit(sheet).ravel(), [1]]).astype(np.float32)
    row = {"age": 7.5, "image": text, "sex": "m"}
    tensors = [
        {"name": "age", "datatype": "FP32", "shape": [1], "data": [7.5]},
        {"name": "sex", "datatype": "BYTES", "shape": [1], "data": ["m"]},
        {"name": "image", "datatype": "UINT8", "shape": [1, 28, 28], "data": [sheet.tolist()]},
    ]
    numbers = [7.5, *(sheet / 255).ravel().tolist(), 1]
    whole = {"name": "X", "datatype": "FP32", "shape": [1, 786], "data": numbers}
    for codec, document in (
        (made.plain, row),
        (made.mlflow, {"dataframe_records": [row]}),
        (made.mlflow, {"inputs": [[7.5, text, "m"]]}),
        (made.v2, {"inputs": tensors}),
        (made.v2, {"inputs": [whole]}),
    ):
        found = codec.decode(orjson.dumps(document), JSON).features
        np.testing.assert_array_equal(found[0], expected)


def test_pictures_are_kept_for_the_history() -> None:
    made = codecs.build(model_of(), keeps_pictures=True)
    sheet = drawing(5)
    file = images.to_png(sheet)
    seen = images.to_png(np.rint(images.as_digit(sheet) * 255).astype(np.uint8))
    assert made.plain.decode(file, "image/png").pictures == (file,)
    by_numbers = orjson.dumps({"inputs": [sheet.tolist()]})
    assert made.mlflow.decode(by_numbers, JSON).pictures == (seen,)
    tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [text_of(file)]}
    assert made.v2.decode(orjson.dumps({"inputs": [tensor]}), JSON).pictures == (file,)
    assert made.plain.decode(file, "image/png").features.shape == (1, 784)


def test_of_many_or_large_pictures_little_is_kept() -> None:
    found = codecs.build(
        exchange.Model(
            name="digits",
            version="v",
            signature=DIGITS,
            decoder=decoding.Decoder(DIGITS),
            max_rows=99,
        ),
        keeps_pictures=True,
    )
    body, content_type = form_of([images.to_png(drawing(1))] * 40)
    assert len(found.plain.decode(body, content_type).pictures) == 16
    noise = np.random.default_rng(1).integers(0, 60, (400, 400)).astype(np.uint8)
    noise[100:300, 190:210] = 255
    large = images.to_png(noise)
    assert len(large) > 65_536
    (kept,) = found.plain.decode(large, "image/png").pictures
    assert images.read(kept).shape == (28, 28)


def test_metadata_says_how_a_picture_is_sent() -> None:
    found = v2_metadata.model("digits", DIGITS, ["v"])
    assert found["inputs"][0]["datatype"] == "BYTES"
    assert found["inputs"][0]["parameters"]["numbers"]["shape"] == [-1, 28, 28]
    assert found["parameters"]["table"]["shape"] == [-1, 784]


def test_other_shapes_than_a_digits_are_refused() -> None:
    wide = reading(signature.Column(name="image", kind="image", shape=(32, 32)))
    with pytest.raises(inference_errors.BadBundle):
        decoding.Decoder(wide)
