"""What the history keeps of a request: nothing that could break, or pass for, another person's record."""

from __future__ import annotations

import orjson
import pytest

from kolba.web_master.predictions import service

_HEAD = "inference-header-content-length"


def kept(protocol: str, body: bytes, **headers: str) -> tuple[object, bool]:
    found, truncated = service.recorded_input(protocol, body, headers, max_bytes=16_384)
    is_json = isinstance(found, orjson.Fragment)
    delivered = orjson.dumps({"predictions": [{"input": found}]})
    read = orjson.loads(delivered)["predictions"]  # a broken one would take the others along
    assert len(read) == 1
    assert read[0].keys() == {"input"}
    assert orjson.loads(orjson.dumps({"predictions": read})) == {"predictions": read}
    return (read[0]["input"] if is_json else found), truncated


@pytest.mark.parametrize("protocol", ["plain", "mlflow"])
@pytest.mark.parametrize("announced", ["5", "0", "-3", "abc", "²"])
def test_a_header_of_another_protocol_cuts_nothing(protocol: str, announced: str) -> None:
    headers = {_HEAD: announced}
    assert kept(protocol, b'{"rows": [{"a": 1}]}', **headers) == ({"rows": [{"a": 1}]}, False)


def test_a_table_is_never_taken_for_json() -> None:
    table = b'1},{"person":"somebody else"\n1,2\n'
    headers = {"content-type": "text/csv", _HEAD: "28"}
    assert kept("plain", table, **headers) == (table.decode(), False)


def test_binary_tensors_are_left_out() -> None:
    document = b'{"inputs": []}'
    headers = {_HEAD: str(len(document))}
    assert kept("v2", document + b"\0\xff", **headers) == ({"inputs": []}, True)


@pytest.mark.parametrize("depth", [249, 251, 252, 300, 1021, 1022, 1024])
def test_json_as_deep_as_readers_go_is_kept_without_harm(depth: int) -> None:
    body = b"[" * depth + b"]" * depth
    orjson.loads(body)
    found, truncated = kept("v2", body)
    assert not truncated
    assert isinstance(found, list) == (depth <= 251)


def test_many_small_rows_stay_json() -> None:
    body = orjson.dumps([[1, 2]] * 1500)
    assert kept("plain", body) == ([[1, 2]] * 1500, False)
