"""Requests as tritonclient 2.73 wrote them, documents of the protocol's specification, and what is refused."""

import math
import struct

import numpy as np
import orjson
import pytest

from kolba.inference import signature
from kolba.inference.protocols import codecs, exchange, v2, v2_metadata

LENGTH = "inference-header-content-length"
NAMES = ("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
NAN = math.nan
ROWS = np.array([[3, 1, NAN, 1, 0, 7.25, 2], [1, 0, 38, 1, 0, 71.25, 1]], np.float32)
FULL = np.nan_to_num(ROWS, nan=22)
COLUMNS_TAIL = (
    b"\x03\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00"
    b"%b\x00\x00\x00\x00\x00\x00\xf8\x7f\x00\x00\x00\x00\x00\x00C@"
    b"\x01\x01\x00\x00\x00\x00@GtT\x01\x00\x00\x00Q\x01\x00\x00\x00C"
)
SEXES = b"\x04\x00\x00\x00male\x06\x00\x00\x00female"

TRITON_TABLE = (
    (
        b'{"id":"42","inputs":[{"name":"X","shape":[2,7],"datatype":"FP32","parameters":'
        b'{"binary_data_size":56}}],"parameters":{"binary_data_output":true}}'
        b"\x00\x00@@\x00\x00\x80?\x00\x00\xc0\x7f\x00\x00\x80?\x00\x00\x00\x00\x00\x00\xe8@"
        b"\x00\x00\x00@\x00\x00\x80?\x00\x00\x00\x00\x00\x00\x18B\x00\x00\x80?\x00\x00\x00\x00"
        b"\x00\x80\x8eB\x00\x00\x80?"
    ),
    "145",
)
TRITON_JSON = (
    b'{"inputs":[{"name":"X","shape":[2,7],"datatype":"FP32","data":[3.0,1.0,22.0,1.0,0.0,7.25,'
    b'2.0,1.0,0.0,38.0,1.0,0.0,71.25,1.0]}],"outputs":[{"name":"probabilities","parameters":'
    b'{"binary_data":false}},{"name":"label","parameters":{"binary_data":true}}]}'
)
TRITON_COLUMNS_HEAD = (
    b'{"inputs":[{"name":"Pclass","shape":[2,1],"datatype":"INT64","parameters":'
    b'{"binary_data_size":16}},{"name":"Sex","shape":[2,1],"datatype":"BYTES",%b},'
    b'{"name":"Age","shape":[2,1],"datatype":"FP64","parameters":{"binary_data_size":16}},'
    b'{"name":"SibSp","shape":[2,1],"datatype":"UINT8","parameters":{"binary_data_size":2}},'
    b'{"name":"Parch","shape":[2,1],"datatype":"INT16","parameters":{"binary_data_size":4}},'
    b'{"name":"Fare","shape":[2,1],"datatype":"FP16","parameters":{"binary_data_size":4}},'
    b'{"name":"Embarked","shape":[2,1],"datatype":"BYTES","parameters":{"binary_data_size":10}}],'
    b'"parameters":{"binary_data_output":true}}'
)
TRITON_COLUMNS = (
    TRITON_COLUMNS_HEAD % b'"parameters":{"binary_data_size":18}' + COLUMNS_TAIL % SEXES,
    "656",
)
TRITON_MIXED = (
    TRITON_COLUMNS_HEAD % b'"data":["male","female"]' + COLUMNS_TAIL % b"",
    "644",
)


def table(data: object = None, **changes: object) -> dict[str, object]:
    """A request with one tensor of two rows."""
    tensor = {
        "name": "X",
        "shape": [2, 7],
        "datatype": "FP64",
        "data": FULL.tolist() if data is None else data,
    }
    return {"inputs": [tensor | changes]}


def column(name: str, **changes: object) -> dict[str, object]:
    """One column of two rows."""
    values = FULL[:, NAMES.index(name)].tolist()
    return {"name": name, "shape": [2], "datatype": "FP64", "data": values} | changes


def by_columns(**changes: dict[str, object]) -> dict[str, object]:
    return {"inputs": [column(name, **changes.get(name, {})) for name in NAMES]}


def decode(
    made: codecs.Codecs, document: object, tail: bytes = b"", length: str | None = None
) -> exchange.Query:
    head = orjson.dumps(document)
    announced = length if length is not None else str(len(head)) if tail else None
    headers = {} if announced is None else {LENGTH: announced}
    return made.v2.decode(head + tail, exchange.JSON, headers)


def test_triton_sends_a_table_as_bytes(made: codecs.Codecs) -> None:
    body, length = TRITON_TABLE
    query = made.v2.decode(body, None, {LENGTH: length})
    np.testing.assert_array_equal(query.features, ROWS)
    assert query.features.dtype == np.float32
    assert query.id == "42"
    assert [(one.name, one.binary) for one in query.outputs] == [
        ("label", True),
        ("probabilities", True),
    ]


def test_triton_sends_a_table_as_json(made: codecs.Codecs) -> None:
    query = made.v2.decode(TRITON_JSON)
    np.testing.assert_array_equal(query.features, FULL)
    assert [(one.name, one.binary) for one in query.outputs] == [
        ("probabilities", False),
        ("label", True),
    ]


@pytest.mark.parametrize("request_", [TRITON_COLUMNS, TRITON_MIXED])
def test_triton_sends_columns(made: codecs.Codecs, request_: tuple[bytes, str]) -> None:
    body, length = request_
    query = made.v2.decode(body, "application/octet-stream", {LENGTH: length})
    np.testing.assert_array_equal(query.features, ROWS)


def test_a_table_request_as_mlserver_writes_it(made: codecs.Codecs) -> None:
    document = by_columns(
        Sex={"datatype": "BYTES", "data": ["male", "female"], "shape": [2, 1]},
        Embarked={"datatype": "BYTES", "data": [["Q"], ["C"]], "shape": [2, 1]},
        Pclass={"datatype": "INT64", "data": [3, 1], "parameters": {"content_type": "np"}},
    )
    document["parameters"] = {"content_type": "pd"}
    query = decode(made, document)
    np.testing.assert_array_equal(query.features, FULL)
    assert query.parameters == {"content_type": "pd"}


@pytest.mark.parametrize("datatype", ["FP16", "FP32", "FP64"])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("copies", [1, 2, 8])
def test_flat_and_nested_few_and_many(
    made: codecs.Codecs, datatype: str, nested: bool, copies: int
) -> None:
    rows = ROWS.tolist() * copies
    rows = [[None if value != value else value for value in row] for row in rows]  # noqa: PLR0124
    data = rows if nested else [value for row in rows for value in row]
    query = decode(made, table(data, shape=[2 * copies, 7], datatype=datatype))
    np.testing.assert_array_equal(query.features, np.tile(ROWS, (copies, 1)))
    assert query.features.dtype == np.float32


@pytest.mark.parametrize("copies", [1, 8])
@pytest.mark.parametrize(
    "datatype", ["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"]
)
def test_whole_numbers_of_every_width(made: codecs.Codecs, datatype: str, copies: int) -> None:
    numbers = np.tile(FULL.astype(int), (copies, 1))
    shape = [2 * copies, 7]
    from_json = decode(made, table(numbers.tolist(), shape=shape, datatype=datatype))
    stored = {"I": "<i", "U": "<u"}[datatype[0]] + str(int(datatype.strip("UINT")) // 8)
    tail = numbers.astype(stored).tobytes()
    document = table(shape=shape, datatype=datatype, parameters={"binary_data_size": len(tail)})
    del document["inputs"][0]["data"]  # type: ignore[index]
    from_bytes = decode(made, document, tail)
    np.testing.assert_array_equal(from_json.features, numbers)
    np.testing.assert_array_equal(from_bytes.features, numbers)


def test_truths(made: codecs.Codecs, make) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(
            signature.Column(
                name="paid", kind="categorical", categories=("false", "true"), boolean=True
            ),
        ),
        target="y",
        classes=(False, True),
    )
    codec = make(found)
    tensor = {"name": "paid", "shape": [2], "datatype": "BOOL", "data": [True, False]}
    np.testing.assert_array_equal(decode(codec, {"inputs": [tensor]}).features, [[1], [0]])
    whole = tensor | {"name": "X", "shape": [2, 1]}
    np.testing.assert_array_equal(decode(codec, {"inputs": [whole]}).features, [[1], [0]])
    packed = {"name": "paid", "shape": [2], "datatype": "BOOL"}
    packed["parameters"] = {"binary_data_size": 2}
    query = decode(codec, {"inputs": [packed]}, b"\x01\x00")
    np.testing.assert_array_equal(query.features, [[1], [0]])


def test_a_narrow_datatype_is_as_narrow_in_json_as_in_bytes(make) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric"),),
        target="y",
        classes=(0, 1),
        number_type="float64",
    )
    tensor = {"name": "a", "shape": [2], "datatype": "FP32", "data": [0.1, None]}
    query = decode(make(found), {"inputs": [tensor]})
    np.testing.assert_array_equal(query.features, [[np.float64(np.float32(0.1))], [NAN]])


def test_null_and_an_empty_text_are_missing(made: codecs.Codecs) -> None:
    document = by_columns(
        Sex={"datatype": "BYTES", "data": ["", None]}, Age={"datatype": "INT8", "data": [None, 38]}
    )
    found = decode(made, document).features
    assert np.isnan(found[:, 1]).all()
    assert np.isnan(found[0, 2])


def test_columns_that_training_dropped_are_passed_over(made: codecs.Codecs) -> None:
    document = by_columns()
    name = {"name": "Name", "shape": [2], "datatype": "BYTES", "data": ["Braund", "Cumings"]}
    document["inputs"].append(name)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(decode(made, document).features, FULL)


def test_a_body_of_nothing_but_numbers(made: codecs.Codecs) -> None:
    query = made.v2.decode(ROWS.tobytes(), "application/octet-stream", {LENGTH: "0"})
    np.testing.assert_array_equal(query.features, ROWS)


def test_the_answer_in_json(made: codecs.Codecs, answer: exchange.Answer) -> None:
    encoded = made.v2.encode(exchange.Query(features=ROWS, id="a\"'"), answer)
    assert encoded.content_type == "application/json"
    assert encoded.headers == {"Kolba-Prediction-Id": "p-1"}
    assert orjson.loads(encoded.body) == {
        "model_name": "titanic",
        "model_version": "v1",
        "id": "a\"'",
        "outputs": [
            {"name": "label", "datatype": "INT64", "shape": [2], "data": [0, 1]},
            {
                "name": "probabilities",
                "datatype": "FP32",
                "shape": [2, 2],
                "data": [0.82, 0.18, 0.25, 0.75],
            },
        ],
    }


def test_no_id_is_not_answered_with_one(made: codecs.Codecs, answer: exchange.Answer) -> None:
    encoded = made.v2.encode(exchange.Query(features=ROWS), answer)
    assert "id" not in orjson.loads(encoded.body)


def test_the_answer_in_bytes(made: codecs.Codecs, answer: exchange.Answer) -> None:
    body, length = TRITON_TABLE
    encoded = made.v2.encode(made.v2.decode(body, None, {LENGTH: length}), answer)
    assert encoded.content_type == "application/octet-stream"
    size = int(encoded.headers["Inference-Header-Content-Length"])
    head, tail = orjson.loads(encoded.body[:size]), encoded.body[size:]
    assert [one["parameters"]["binary_data_size"] for one in head["outputs"]] == [16, 16]
    assert all("data" not in one for one in head["outputs"])
    assert struct.unpack("<2q", tail[:16]) == (0, 1)
    np.testing.assert_array_equal(np.frombuffer(tail[16:], "<f4"), answer.probabilities.ravel())


def test_only_what_is_asked_in_that_order(made: codecs.Codecs, answer: exchange.Answer) -> None:
    encoded = made.v2.encode(made.v2.decode(TRITON_JSON), answer)
    size = int(encoded.headers["Inference-Header-Content-Length"])
    outputs = orjson.loads(encoded.body[:size])["outputs"]
    assert [one["name"] for one in outputs] == ["probabilities", "label"]
    assert outputs[0]["data"] == [0.82, 0.18, 0.25, 0.75]
    assert encoded.body[size:] == struct.pack("<2q", 0, 1)
    only = {**table(), "outputs": [{"name": "label"}]}
    encoded = made.v2.encode(decode(made, only), answer)
    assert [one["name"] for one in orjson.loads(encoded.body)["outputs"]] == ["label"]


def test_doubles_stay_doubles(made: codecs.Codecs) -> None:
    answer = exchange.Answer(
        prediction_id="p", labels=np.array([1]), probabilities=np.array([[0.1, 0.9]])
    )
    outputs = orjson.loads(made.v2.encode(exchange.Query(features=ROWS), answer).body)["outputs"]
    assert outputs[1]["datatype"] == "FP64"
    assert outputs[1]["data"] == [0.1, 0.9]


@pytest.mark.parametrize(
    ("classes", "datatype", "data", "packed"),
    [
        (("нет", 'да"'), "BYTES", ["нет", 'да"'], b"\x06\0\0\0%b\x05\0\0\0%b"),
        ((False, True), "BOOL", [False, True], b"\x00\x01"),
        ((-1, 7), "INT64", [-1, 7], struct.pack("<2q", -1, 7)),
        (("a", True), "BYTES", ["a", "true"], b"\x01\0\0\0a\x04\0\0\0true"),
        ((1, 2**63), "BYTES", ["1", str(2**63)], None),
    ],
)
def test_labels_are_the_classes(  # noqa: PLR0917
    make, answer, classes, datatype, data, packed
) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric"),), target="y", classes=classes
    )
    made = make(found)
    query = exchange.Query(features=ROWS)
    output = orjson.loads(made.v2.encode(query, answer).body)["outputs"][0]
    assert (output["datatype"], output["data"]) == (datatype, data)
    binary = (exchange.Output(name="label", binary=True),)
    encoded = made.v2.encode(exchange.Query(features=ROWS, outputs=binary), answer)
    tail = encoded.body[int(encoded.headers["Inference-Header-Content-Length"]) :]
    if packed is not None:
        texts = tuple(str(one).encode() for one in classes) if b"%b" in packed else ()
        assert tail == (packed % texts if texts else packed)


def test_what_a_server_and_a_model_say_of_themselves(titanic: signature.Signature) -> None:
    assert v2_metadata.server("0.1")["extensions"] == ["binary_tensor_data", "model_repository"]
    found = v2_metadata.model("titanic", titanic, ["v1", "v2"])
    assert found["name"] == "titanic"
    assert found["versions"] == ["v1", "v2"]
    assert found["platform"] == "onnx_onnxv1"
    assert found["inputs"][0] == {"name": "Pclass", "datatype": "FP32", "shape": [-1, 1]}
    assert found["inputs"][1] == {
        "name": "Sex",
        "datatype": "BYTES",
        "shape": [-1, 1],
        "parameters": {"categories": ["female", "male"]},
    }
    assert [one["name"] for one in found["outputs"]] == ["label", "probabilities"]
    assert found["outputs"][1]["shape"] == [-1, 2]
    assert orjson.loads(orjson.dumps(found)) == found


def test_a_problem_says_it_in_one_string_too(made: codecs.Codecs, refused) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: decode(made, table(shape=[2, 6])))
    found = v2.with_error(error.problem("en"))
    assert found["type"] == "urn:kolba:problem:invalid-query"
    assert found["error"].startswith("inputs.0.shape: must be [rows, 7]")
    assert v2.with_error({"detail": "No such model."})["error"] == "No such model."


FLAT = [value for row in FULL.tolist() for value in row]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "inputs"),
        ({}, "inputs"),
        ({"inputs": []}, "inputs"),
        ({"inputs": {}}, "inputs"),
        ({"inputs": [1]}, "inputs"),
        ({"inputs": [{}]}, "inputs"),
        ({"inputs": [{"name": ["X"]}]}, "inputs"),
        (table(datatype="FP8"), "inputs.0.datatype"),
        (table(datatype=None), "inputs.0.datatype"),
        (table(datatype=["FP32"]), "inputs.0.datatype"),
        (table(shape=None), "inputs.0.shape"),
        (table(shape=[]), "inputs.0.shape"),
        (table(shape=[14]), "inputs.0.shape"),
        (table(shape=[2, 6]), "inputs.0.shape"),
        (table(shape=[1, 2, 7]), "inputs.0.shape"),
        (table(shape=[-1, 7]), "inputs.0.shape"),
        (table(shape=[0, 7], data=[]), "inputs.0.shape"),
        (table(shape=[2.0, 7]), "inputs.0.shape"),
        (table(shape=[True, 7]), "inputs.0.shape"),
        (table(shape=["2", 7]), "inputs.0.shape"),
        (table(shape=[3, 7]), "inputs.0.data"),
        (table(FLAT[:-1]), "inputs.0.data"),
        (table([]), "inputs.0.data"),
        (table("text"), "inputs.0.data"),
        (table({}), "inputs.0.data"),
        (table([FLAT[:7], FLAT[7:-1]]), "inputs.0.data"),
        (table([FLAT[:7], 3]), "inputs.0.data"),
        (table([FLAT[:7]]), "inputs.0.data"),
        (table([[FLAT[:7]], [FLAT[7:]]]), "inputs.0.data"),
        (table([*FLAT[:-1], "1"]), "inputs.0.data.13"),
        (table([*FLAT[:-1], True]), "inputs.0.data.13"),
        (table([*FLAT[:-1], [1]]), "inputs.0.data.13"),
        (table(FLAT, datatype="INT64"), "inputs.0.data.0"),
        (table([3] * 13 + [300], datatype="UINT8"), "inputs.0.data.13"),
        (table([3] * 13 + [-1], datatype="UINT64"), "inputs.0.data.13"),
        (table([3] * 13 + [2**63], datatype="INT64"), "inputs.0.data.13"),
        (table([3, 1, 1e300, 1, 0, 7, 2] * 2), "inputs.0.data.0.Age"),
        (table([3, 1, 22, 1, 0, 7, 3] * 2), "inputs.0.data.0.Embarked"),
        (table([3, 0.5, 22, 1, 0, 7, 2] * 2), "inputs.0.data.0.Sex"),
        (table([3, -1, 22, 1, 0, 7, 2] * 8, shape=[8, 7]), "inputs.0.data.0.Sex"),
        (table([3, 0.5, 22, 1, 0, 7, 2] * 8, shape=[8, 7]), "inputs.0.data.0.Sex"),
        (table([3, 1, 22, 1, 0, 1e300, 2] * 8, shape=[8, 7]), "inputs.0.data.0.Fare"),
        (table([True] * 14, datatype="BOOL"), "inputs.0.data.0.Pclass"),
        (table(["a"] * 14, datatype="BYTES"), "inputs.0.data.0.Pclass"),
        (table(parameters=[]), "inputs.0.parameters"),
        (table(parameters={"shared_memory_region": "x"}), None),
        (table(parameters={"binary_data_size": 112}), "inputs.0.data"),
        ({**table(), "id": 7}, "id"),
        ({**table(), "parameters": 7}, "parameters"),
        ({**table(), "parameters": {"binary_data_output": 1}}, "parameters.binary_data_output"),
        ({**table(), "outputs": {}}, "outputs"),
        ({**table(), "outputs": "label"}, "outputs"),
        ({**table(), "outputs": ["label"]}, "outputs.0.name"),
        ({**table(), "outputs": [{"name": "logits"}]}, "outputs.0.name"),
        ({**table(), "outputs": [{"name": "label"}] * 2}, "outputs.1.name"),
        ({**table(), "outputs": [{"name": "label", "parameters": {"binary_data": 1}}]}, None),
        ({**table(), "outputs": [{"name": "label", "parameters": {"classification": 2}}]}, None),
        ({"inputs": [*by_columns()["inputs"], column("Age")]}, "inputs.7.name"),  # type: ignore[misc]
        ({"inputs": [*by_columns()["inputs"], column("Age") | {"name": "Agee"}]}, "inputs.7.name"),  # type: ignore[misc]
        ({"inputs": by_columns()["inputs"][1:]}, "inputs"),  # type: ignore[index]
        ({"inputs": by_columns()["inputs"][2:3]}, "inputs"),  # type: ignore[index]
        (by_columns(Age={"shape": [3], "data": [1, 2, 3]}), "inputs.2.shape"),
        (by_columns(Age={"shape": [1], "data": [1]}), "inputs.2.shape"),
        (by_columns(Age={"shape": [2, 2], "data": [1, 2, 3, 4]}), "inputs.2.shape"),
        (by_columns(Age={"data": [[1], [2]]}), "inputs.2.data.0"),
        (by_columns(Age={"datatype": "BYTES", "data": ["22", "38"]}), "inputs.2.data.0"),
        (by_columns(Age={"datatype": "BOOL", "data": [True, False]}), "inputs.2.data.0"),
        (by_columns(Sex={"datatype": "BYTES", "data": ["male", "femal"]}), "inputs.1.data.1"),
        (by_columns(Sex={"datatype": "BYTES", "data": ["male", 1]}), "inputs.1.data.1"),
        (by_columns(Sex={"data": [1, 2]}), "inputs.1.data.1"),
    ],
)
def test_a_wrong_document_is_refused_by_field(made, refused, document, field) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: decode(made, document))
    assert error.status == 422
    if field is not None:
        assert error.problem("en")["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "shape", [[101, 7], [10**18, 7], [2**63, 7]], ids=["over the limit", "huge", "beyond 64 bits"]
)
@pytest.mark.parametrize("binary", [False, True])
def test_a_claimed_size_allocates_nothing(made, refused, shape, binary) -> None:  # type: ignore[no-untyped-def]
    document = table(shape=shape)
    if binary:
        document = table(shape=shape, parameters={"binary_data_size": 56})
        del document["inputs"][0]["data"]  # type: ignore[index]
    error = refused(lambda: decode(made, document, b"\0" * 56 if binary else b""))
    assert error.status in (413, 422)
    ignored = {"name": "Cabin", "shape": [2, 10**12], "datatype": "FP64", "data": [1]}
    document = {"inputs": [ignored, *by_columns()["inputs"]]}  # type: ignore[misc]
    assert refused(lambda: decode(made, document)).status == 422


def test_too_many_rows(made, refused) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: decode(made, table(FLAT[:7] * 101, shape=[101, 7])))
    assert (error.status, error.details["rows"], error.details["limit"]) == (413, 101, 100)
    body = FULL[0].tobytes() * 101
    assert refused(lambda: made.v2.decode(body, None, {LENGTH: "0"})).status == 413
    many = {"inputs": [column("Age", shape=[101], data=[1] * 101)]}
    assert refused(lambda: decode(made, many)).status == 413


def packed(size: object = 56, **changes: object) -> dict[str, object]:
    tensor = {"name": "X", "shape": [2, 7], "datatype": "FP32"}
    return {"inputs": [tensor | {"parameters": {"binary_data_size": size}} | changes]}


@pytest.mark.parametrize(
    ("document", "tail"),
    [
        (packed(), b"\0" * 55),
        (packed(), b"\0" * 57),
        (packed(55), b"\0" * 55),
        (packed(57), b"\0" * 57),
        (packed(-1), b"\0" * 56),
        (packed(2**62), b"\0" * 56),
        (packed("56"), b"\0" * 56),
        (packed(True), b"\0" * 56),
        (packed(56.0), b"\0" * 56),
        (packed(56, datatype="FP64"), b"\0" * 56),
        (packed(0), b"\0" * 56),
        (packed(), np.full(14, np.inf, "<f4").tobytes()),
        (packed(), np.full(14, -np.inf, "<f4").tobytes()),
        (packed(448, shape=[16, 7]), np.full(112, np.inf, "<f4").tobytes()),
        (packed(14, datatype="BOOL"), b"\2" * 14),
    ],
)
def test_wrong_bytes_are_refused(made, refused, document, tail) -> None:  # type: ignore[no-untyped-def]
    assert refused(lambda: decode(made, document, tail)).status == 422


@pytest.mark.parametrize(
    "tail",
    [
        b"",
        b"\4\0\0",
        b"\4\0\0\0mal",
        b"\4\0\0\0male",
        b"\4\0\0\0male\xff\xff\xff\xfffemale",
        b"\4\0\0\0male\6\0\0\0female\0\0\0\0",
        b"\4\0\0\0male\6\0\0\0female?",
        b"\4\0\0\0male\6\0\0\0fem\xffle",
    ],
)
def test_wrong_texts_are_refused(made, refused, tail) -> None:  # type: ignore[no-untyped-def]
    document = by_columns(Sex={"datatype": "BYTES", "parameters": {"binary_data_size": len(tail)}})
    del document["inputs"][1]["data"]  # type: ignore[index]
    error = refused(lambda: decode(made, document, tail, None if tail else "0"))
    assert error.status == 422


def test_bytes_without_the_header_are_refused(made, refused) -> None:  # type: ignore[no-untyped-def]
    assert refused(lambda: decode(made, packed())).status == 422
    body, _ = TRITON_TABLE
    assert refused(lambda: made.v2.decode(body)).status == 400


@pytest.mark.parametrize("length", ["", "-1", "abc", "1e2", "99999", "9" * 30, "٣", "+5", " 5"])
def test_a_wrong_header_is_refused(made, refused, length) -> None:  # type: ignore[no-untyped-def]
    error = refused(lambda: decode(made, table(), length=length))
    assert error.problem("en")["errors"][0]["field"] == "Inference-Header-Content-Length"


@pytest.mark.parametrize("body", [b"", b"\0" * 27, b"\0" * 29])
def test_bare_numbers_that_are_no_rows_are_refused(made, refused, body) -> None:  # type: ignore[no-untyped-def]
    assert refused(lambda: made.v2.decode(body, None, {LENGTH: "0"})).status == 422


def test_codes_are_not_guessed_where_a_word_could_be_meant(make, refused) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="deck", kind="categorical", categories=("1", "2", "A")),),
        target="y",
        classes=(0, 1),
    )
    tensor = {"name": "X", "shape": [4, 1], "datatype": "FP64", "data": [1, 1, 1, 1]}
    error = refused(lambda: decode(make(found), {"inputs": [tensor]}))
    assert error.problem("en")["errors"][0]["field"] == "inputs.0.data.0.deck"


def test_a_required_column_is_required_in_a_table_too(make, refused) -> None:  # type: ignore[no-untyped-def]
    found = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric", required=True),),
        target="y",
        classes=(0, 1),
    )
    tensor = {"name": "X", "shape": [4, 1], "datatype": "FP64", "data": [1, None, 1, 1]}
    error = refused(lambda: decode(make(found), {"inputs": [tensor]}))
    assert error.problem("en")["errors"][0]["field"] == "inputs.0.data.1.a"
