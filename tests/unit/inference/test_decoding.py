import math

import numpy as np
import pytest

from kolba.inference import decoding, errors, signature

SEX = signature.Column(name="Sex", kind="categorical", categories=("female", "male"))
PORT = signature.Column(name="Embarked", kind="categorical", categories=("S", "C", "Q"))
TITANIC = signature.Signature(
    columns=(
        signature.Column(name="Pclass", kind="numeric", integer=True),
        SEX,
        signature.Column(name="Age", kind="numeric"),
        signature.Column(name="SibSp", kind="numeric"),
        signature.Column(name="Parch", kind="numeric"),
        signature.Column(name="Fare", kind="numeric"),
        PORT,
    ),
    target="Survived",
    classes=(0, 1),
    ignored=("PassengerId", "Name", "Ticket", "Cabin"),
)
ROW = {"Pclass": 3, "Sex": 1, "Age": 22, "SibSp": 1, "Parch": 0, "Fare": 7.25, "Embarked": 2}
EXPECTED = np.array([[3, 1, 22, 1, 0, 7.25, 2]], np.float32)


@pytest.fixture
def decoder() -> decoding.Decoder:
    return decoding.Decoder(TITANIC)


def faults(
    caught: pytest.ExceptionInfo[errors.InvalidRows], language: str = "en"
) -> list[dict[str, str]]:
    return caught.value.problem(language)["errors"]


def test_words_and_codes_mean_the_same(decoder: decoding.Decoder) -> None:
    words = {**ROW, "Sex": "male", "Embarked": "Q"}
    np.testing.assert_array_equal(decoder.rows([ROW]), EXPECTED)
    np.testing.assert_array_equal(decoder.rows([words]), EXPECTED)
    np.testing.assert_array_equal(decoder.rows([words, ROW]), np.repeat(EXPECTED, 2, axis=0))


def test_the_line_of_the_mission(decoder: decoding.Decoder) -> None:
    text = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,1,22,1,0,7.25,2"
    np.testing.assert_array_equal(decoder.csv(text), EXPECTED)
    text = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked\n3,male,22,1,0,7.25,Q\n"
    np.testing.assert_array_equal(decoder.csv(text), EXPECTED)


@pytest.mark.parametrize("missing", [{}, {"Age": None}, {"Age": ""}, {"Age": "  "}])
def test_missing_is_nan(decoder: decoding.Decoder, missing: dict[str, object]) -> None:
    row = {name: value for name, value in ROW.items() if name != "Age"} | missing
    found = decoder.rows([row])
    assert math.isnan(found[0, 2])
    assert not np.isnan(np.delete(found, 2)).any()


def test_a_required_column_may_not_be_missing() -> None:
    strict = signature.Signature(
        columns=(signature.Column(name="x", kind="numeric", required=True), SEX),
        target="y",
        classes=(0, 1),
    )
    with pytest.raises(errors.InvalidRows) as caught:
        decoding.Decoder(strict).rows([{"Sex": "male"}])
    assert faults(caught)[0]["field"] == "data.0.x"


def test_columns_that_training_dropped_are_passed_over(decoder: decoding.Decoder) -> None:
    extra = {**ROW, "Name": "Braund", "Ticket": [1], "Cabin": None, "PassengerId": 1, "Survived": 0}
    np.testing.assert_array_equal(decoder.rows([extra]), EXPECTED)


def test_an_unknown_column_is_named_with_its_row_and_what_is_known(
    decoder: decoding.Decoder,
) -> None:
    with pytest.raises(errors.InvalidRows) as caught:
        decoder.rows([ROW, {**ROW, "Agee": 3}])
    (fault,) = faults(caught)
    assert fault["field"] == "data.1.Agee"
    assert "`Agee`" in fault["message"]
    assert "№ 2" in fault["message"]
    assert "Embarked" in fault["message"]
    assert "нет столбца" in faults(caught, "ru")[0]["message"]


@pytest.mark.parametrize("value", ["femal", "Male", 2, -1, 0.5, True, math.nan, [1], {"a": 1}, "3"])
def test_an_unknown_category_is_named_with_what_is_allowed(
    decoder: decoding.Decoder, value: object
) -> None:
    with pytest.raises(errors.InvalidRows) as caught:
        decoder.rows([{**ROW, "Sex": value}])
    (fault,) = faults(caught)
    assert fault["field"] == "data.0.Sex"
    assert "female" in fault["message"]
    assert "row 1" in fault["message"]


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, -math.inf, 1e39, 10**400, "22", True, [22], {"x": 1}, "abc", b"1"]
)
def test_a_number_must_be_a_finite_number(decoder: decoding.Decoder, value: object) -> None:
    with pytest.raises(errors.InvalidRows) as caught:
        decoder.rows([{**ROW, "Age": value}])
    assert faults(caught)[0]["field"] == "data.0.Age"


@pytest.mark.parametrize("rows", [[], [{}], [{"Name": "x"}], ["text"], [None], [[1, 2]]])
def test_rows_that_say_nothing_are_refused(decoder: decoding.Decoder, rows: list[object]) -> None:
    with pytest.raises(errors.InvalidRows):
        decoder.rows(rows)  # type: ignore[arg-type]


def test_at_most_a_score_of_faults_is_told(decoder: decoding.Decoder) -> None:
    with pytest.raises(errors.InvalidRows) as caught:
        decoder.rows([{**ROW, "Sex": "?"}] * 1000)
    assert len(faults(caught)) == 20


def test_braces_in_a_value_do_no_harm(decoder: decoding.Decoder) -> None:
    with pytest.raises(errors.InvalidRows) as caught:
        decoder.rows([{**ROW, "Sex": "{0.__class__}", "{x}": 1}])
    assert "{0.__class__}" in str(faults(caught))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("Pclass,Sex", "no row"),
        ("Pclass,Sex\n", "no row"),
        ("Pclass,Sex\n3", "line 2 has 1 values"),
        ("Pclass,Sex\n3,male\n3,male,7", "line 3 has 3 values"),
        ("Pclass,Pclass\n3,3", "occurs twice"),
        ("Pclass,\n3,3", "no name"),
        ("Pclass,Sex\n3,\x00", "NUL"),
        ('Pclass,Sex\n3,"male', "line 2"),
        ("Pclass,Agee\n3,22", "`Agee`"),
        ("Name,Cabin\nx,y", "none of the model's columns"),
        ("Pclass,Sex\n3,femal", "row 2"),
        ("Pclass,Sex\nthree,male", "a number is needed"),
        ("Pclass,Sex\n1_0,male", "a number is needed"),
        ("Pclass,Sex\nNaN,male", "NaN"),
        ("Pclass,Sex\n-Infinity,male", "NaN"),
        ("Pclass,Sex\n1e99,male", "finite"),
        ("Pclass,Sex\n3,2", "allowed: female, male"),
        ("Pclass,Sex\n3,0.5", "allowed: female, male"),
    ],
)
def test_bad_csv_is_refused_with_a_reason(decoder: decoding.Decoder, text: str, part: str) -> None:
    with pytest.raises(errors.InvalidRows) as caught:
        decoder.csv(text)
    assert any(part in fault["message"] for fault in faults(caught))


def test_csv_with_semicolons_decimal_commas_and_a_byte_order_mark(
    decoder: decoding.Decoder,
) -> None:
    text = "\ufeffPclass;Fare;Age;Sex\r\n3;7,25;NA;male\r\n"
    found = decoder.csv(text)
    assert found[0, 5] == np.float32(7.25)
    assert math.isnan(found[0, 2])


def test_words_that_look_like_numbers_win_over_codes() -> None:
    size = signature.Column(name="size", kind="categorical", categories=("1", "2", "x"))
    decoder = decoding.Decoder(signature.Signature(columns=(size,), target="y", classes=(0, 1)))
    assert decoder.rows([{"size": "1"}])[0, 0] == 0
    with pytest.raises(errors.InvalidRows):
        decoder.rows([{"size": 1}])


def test_booleans_of_json_are_categories_of_a_boolean_column() -> None:
    flag = signature.Column(
        name="flag", kind="categorical", categories=("false", "true"), boolean=True
    )
    decoder = decoding.Decoder(signature.Signature(columns=(flag,), target="y", classes=(0, 1)))
    rows = [{"flag": True}, {"flag": False}, {"flag": "true"}, {"flag": 0}]
    assert decoder.rows(rows)[:, 0].tolist() == [1, 0, 1, 0]
    assert decoder.rows([*rows, {"flag": ""}, {"flag": True}])[5, 0] == 1


def test_column_names_in_cyrillic() -> None:
    column = signature.Column(name="Возраст", kind="numeric")
    decoder = decoding.Decoder(signature.Signature(columns=(column,), target="y", classes=(0, 1)))
    assert decoder.rows([{"Возраст": 5}])[0, 0] == 5
    assert decoder.csv("Возраст\n5")[0, 0] == 5


def test_doubles_stay_doubles() -> None:
    column = signature.Column(name="x", kind="numeric")
    double = signature.Signature(
        columns=(column,), target="y", classes=(0, 1), number_type="float64"
    )
    found = decoding.Decoder(double).rows([{"x": 0.1}])
    assert found.dtype == np.float64
    assert found[0, 0] == 0.1


def test_a_signature_survives_its_json() -> None:
    assert signature.from_json(TITANIC.to_json()) == TITANIC


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"columns": 5},
        {"columns": [{"name": "x"}]},
        {"number_type": "int8"},
        {"classes": [[1]]},
        {"rows_per_run": "many"},
    ],
)
def test_a_damaged_signature_is_a_bad_bundle(change: dict[str, object]) -> None:
    with pytest.raises(errors.BadBundle):
        signature.from_json({**TITANIC.to_json(), **change})
