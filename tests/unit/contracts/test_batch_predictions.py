"""What the history keeps of a request that is answered later."""

import datetime as dt
from typing import Any

import pytest

from kolba.contracts import batch_predictions, predictions


def queued(text: str, *, is_json: bool = True) -> batch_predictions.QueuedPrediction:
    return batch_predictions.QueuedPrediction(
        id="0" * 32,
        at=dt.datetime(2026, 11, 20, tzinfo=dt.UTC),
        person="local",
        model_id=1,
        model="titanic",
        version="RandomForest_20261120_120000",
        protocol="plain",
        request_id="r",
        input=text,
        input_is_json=is_json,
        input_truncated=False,
    )


@pytest.mark.parametrize(
    ("text", "is_json", "kept"),
    [
        ('{"rows": [1]}', True, {"rows": [1]}),
        ("Sex\nmale", False, "Sex\nmale"),
        ("[" * 300 + "]" * 300, True, "[" * 300 + "]" * 300),
        ("[" * 1020 + "]" * 1020, True, "[" * 1020 + "]" * 1020),
    ],
)
def test_what_is_kept_can_always_be_sent_on(text: str, is_json: bool, kept: Any) -> None:
    found = queued(text, is_json=is_json).recorded_input()
    assert found == kept
    recorded = predictions.Prediction(
        **queued(text).model_dump(exclude={"input", "input_is_json"}),
        rows=1,
        duration_ms=1.0,
        input=found,
        output=[],
    )
    assert recorded.model_dump_json()
