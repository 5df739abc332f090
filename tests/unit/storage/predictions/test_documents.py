"""A batch's JSON becomes rows, and every fault in it is named."""

from __future__ import annotations

import json

import pytest

from kolba.contracts import predictions as contracts
from kolba.kit import errors
from kolba.storage.predictions import documents


def prediction(**changes):
    return {
        "id": "019b76da24007000800000000000000a",
        "at": "2026-01-01T03:00:00.000123+03:00",
        "person": "Анна",
        "model_id": 1,
        "model": "титаник",
        "version": "RandomForest_20260101_000000",
        "protocol": "plain",
        "rows": 1,
        "price": 2,
        "request_id": "r-1",
        "duration_ms": 1.5,
        "input": {"rows": [["a\x00b", None]]},
        "output": [[0, [0.25, 0.75]]],
        **changes,
    }


def batch(*items):
    return json.dumps({"predictions": list(items)}).encode()


def faults(document):
    with pytest.raises(errors.InvalidInput) as caught:
        documents.read(document)
    return [one.field for one in caught.value.fields]


def test_what_is_read_is_what_is_shown():
    [(series, entry)] = documents.read(batch(prediction())).predictions
    shown = json.loads(documents.page([(series, entry)], {}, following=entry.id, total=None))
    assert shown["next"] == prediction()["id"]
    assert contracts.Prediction.model_validate(
        shown["items"][0]
    ) == contracts.Prediction.model_validate(prediction())


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"id": "019B76DA24007000800000000000000A"},
        {"at": "2026-01-01T00:00:00"},
        {"at": "yesterday"},
        {"person": "a\x00"},
        {"person": "x" * 256},
        {"model": "m" * 129},
        {"version": "v" * 97},
        {"request_id": "r\x00"},
        {"model_id": 2**63},
        {"model_id": -1},
        {"rows": 2**63},
        {"price": -1},
        {"protocol": "soap"},
        {"duration_ms": "fast"},
        {"output": "0"},
    ],
    ids=str,
)
def test_the_faulty_one_is_named(change):
    document = batch(prediction(), prediction(), prediction(**change))
    assert faults(document) == [f"predictions.2.{next(iter(change))}"]


def test_what_is_no_batch_is_refused():
    assert faults(b"[]")
    assert faults(b"{}") == ["predictions"]
    assert faults(b'{"predictions":{}}') == ["predictions"]
    assert faults(b'{"predictions":[3]}') == ["predictions.0"]
    assert faults(b'{"predictions":[' + b",".join([b"0"] * 10_001) + b"]}") == ["predictions"]


def test_many_faults_are_not_all_listed():
    assert len(faults(b'{"predictions":[' + b",".join([b"{}"] * 10_000) + b"]}")) == 50


@pytest.mark.parametrize("body", [b"", b"{", b'{"predictions":[NaN]}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(body):
    with pytest.raises(errors.MalformedBody):
        documents.read(body)


def test_input_nested_too_deeply_does_not_hold_up_the_rest():
    deep = prediction(id="f" * 32)
    nested = '{{"predictions":[{},{}]}}'.format(
        json.dumps(deep | {"input": "DEEP"}).replace('"DEEP"', "[" * 400 + "]" * 400),
        json.dumps(prediction()),
    )
    first, second = documents.read(nested.encode()).predictions
    assert (first[1].input, first[1].input_truncated) == ("null", True)
    assert not second[1].input_truncated


def test_the_edges_of_time_can_be_shown():
    moments = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    found = documents.read(batch(*(prediction(at=moment) for moment in moments))).predictions
    shown = json.loads(documents.page(found, {}, following=None, total=None))["items"]
    for one in shown:
        contracts.Prediction.model_validate(one)
