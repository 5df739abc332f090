"""Columns are read as rows are: the same codes, the same missing values, the same complaints."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from kolba.inference import decoding, signature
from kolba.inference import errors as inference_errors
from kolba.ml_service.predicting import columns, errors

READ = signature.Signature(
    columns=(
        signature.Column(name="Age", kind="numeric"),
        signature.Column(name="Sex", kind="categorical", categories=("female", "male")),
        signature.Column(
            name="Alone", kind="categorical", categories=("false", "true"), boolean=True
        ),
        signature.Column(name="Deck", kind="categorical", categories=("1", "2", "x")),
    ),
    target="Survived",
    classes=(0, 1),
)


def batch(**given: pa.Array) -> pa.RecordBatch:
    count = max(len(one) for one in given.values())
    values = {
        "Age": pa.nulls(count, pa.float64()),
        "Sex": pa.nulls(count, pa.string()),
        "Alone": pa.nulls(count, pa.bool_()),
        "Deck": pa.nulls(count, pa.string()),
        **given,
    }
    return pa.RecordBatch.from_pydict(values)


def column(name: str, values: pa.Array, **options: str) -> list[float]:
    found = columns.ColumnDecoder(READ, **options).features(batch(**{name: values}), 1)
    at = [one.name for one in READ.columns].index(name)
    return found[:, at].tolist()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Sex", pa.array(["male", " female ", None, "", "male"]), [1, 0, None, None, 1]),
        ("Sex", pa.array(["1", "0", "male", "NA", "1.0"]), [1, 0, 1, None, 1]),
        ("Sex", pa.array([1, 0, None]), [1, 0, None]),
        ("Sex", pa.array([1.0, 0.0, None]), [1, 0, None]),
        ("Sex", pa.array(["male", None, "male"]).dictionary_encode(), [1, None, 1]),
        ("Sex", pa.nulls(3, pa.float64()), [None] * 3),
        ("Alone", pa.array([True, False, None]), [1, 0, None]),
        ("Alone", pa.array(["true", "false"]), [1, 0]),
        ("Alone", pa.array([1, 0]), [1, 0]),
        ("Deck", pa.array([1, 2, None]), [0, 1, None]),
        ("Deck", pa.array([1.0, None]), [0, None]),
        ("Deck", pa.array(["x", "2"]), [2, 1]),
        ("Age", pa.array([22, None, 0]), [22, None, 0]),
        ("Age", pa.array([0.1, math.nan]), [np.float32(0.1), None]),
        ("Age", pa.nulls(2, pa.string()), [None, None]),
    ],
    ids=str,
)
def test_values_become_numbers(name, values, expected) -> None:
    found = column(name, values)
    assert [None if math.isnan(one) else one for one in found] == expected


@pytest.mark.parametrize(
    ("name", "values", "bad"),
    [
        ("Sex", pa.array(["male", "dog", None, "cat", "dog"]), ["dog", "cat", "dog"]),
        ("Sex", pa.array([0, 2, -1]), ["2", "-1"]),
        ("Sex", pa.array([0.5, math.inf, None]), ["0.5", "inf"]),
        ("Sex", pa.array([True]), ["true"]),
        ("Deck", pa.array([3, 1]), ["3"]),
    ],
    ids=str,
)
def test_an_unknown_category_is_named_or_counted(name, values, bad) -> None:
    with pytest.raises(errors.UnfitRows) as refused:
        column(name, values)
    messages = [fault.render("en")["message"] for fault in refused.value.fields]
    assert len(messages) == len(bad)
    for message, value in zip(messages, bad, strict=True):
        assert f"column `{name}`" in message
        assert value.lower() in message.lower()
    for language, word in (("en", "on_unknown"), ("ru", "загрузите")):
        assert word in refused.value.problem(language)["detail"]
    decoder = columns.ColumnDecoder(READ, "missing")
    decoder.features(batch(**{name: values}), 1)
    assert decoder.unknown == {name: len(bad)}


def test_faults_carry_the_number_of_the_row_and_are_the_first_few() -> None:
    decoder = columns.ColumnDecoder(READ)
    ages = pa.array([1.0] * 99 + [math.inf])
    words = pa.array(["male"] * 50 + ["?"] * 50)
    with pytest.raises(errors.UnfitRows) as refused:
        decoder.features(batch(Age=ages, Sex=words), 65_537)
    fields = [fault.field for fault in refused.value.fields]
    assert fields == [f"rows.{65_587 + number}.Sex" for number in range(20)]
    with pytest.raises(errors.UnfitRows) as refused:
        columns.ColumnDecoder(READ, "missing").features(batch(Age=ages, Sex=words), 1)
    (fault,) = refused.value.fields
    assert (fault.field, "row 100, column `Age`" in fault.render("en")["message"]) == (
        "rows.100.Age",
        True,
    )
    assert "on_unknown" not in refused.value.problem("en")["detail"]


@pytest.mark.filterwarnings("error")
def test_a_huge_number_is_a_fault_and_no_warning() -> None:
    with pytest.raises(errors.UnfitRows):
        column("Age", pa.array([1e300]))


def test_a_value_that_is_required_is_missed() -> None:
    read = signature.Signature(
        columns=(signature.Column(name="a", kind="numeric", required=True),),
        target="y",
        classes=(0, 1),
    )
    with pytest.raises(errors.UnfitRows) as refused:
        columns.ColumnDecoder(read).features(pa.record_batch({"a": pa.array([1.0, None])}), 1)
    assert [fault.field for fault in refused.value.fields] == ["rows.2.a"]


def test_the_rows_decoder_says_the_same() -> None:
    rows = [
        {"Age": 3, "Sex": "male", "Alone": True, "Deck": "1"},
        {"Age": None, "Sex": 0, "Alone": False, "Deck": "x"},
        {"Age": 16_777_217, "Sex": None, "Alone": None, "Deck": None},
        {"Age": 0.1, "Sex": "female", "Alone": 1, "Deck": "2"},
    ]
    given = batch(
        Age=pa.array([row["Age"] for row in rows], pa.float64()),
        Sex=pa.array(["male", "0", None, "female"]),
        Alone=pa.array([True, False, None, True]),
        Deck=pa.array(["1", "x", None, "2"]),
    )
    np.testing.assert_array_equal(
        columns.ColumnDecoder(READ).features(given, 1), decoding.Decoder(READ).rows(rows)
    )
    with pytest.raises(inference_errors.InvalidRows) as online:
        decoding.Decoder(READ).rows([{"Sex": "male"}, {"Sex": "dog"}])
    with pytest.raises(errors.UnfitRows) as batched:
        column("Sex", pa.array(["male", "dog"]))
    for language in ("en", "ru"):
        said = [one.value.fields[0].render(language)["message"] for one in (online, batched)]
        assert said[0] == said[1]
