from __future__ import annotations

import ast
import datetime
import pathlib
import re
import string

import pytest

from kolba.contracts import reports
from kolba.kit import text
from kolba.visualization import languages

_PACKAGE = pathlib.Path(languages.__file__).parent
_TEMPLATES = sorted(_PACKAGE.rglob("*.j2"))
_MODULES = sorted(_PACKAGE.rglob("*.py"))
_LITERAL_KEY = re.compile(r"""\btext\(\s*["']([a-z_0-9]+\.[a-z_0-9]+)["'](?!\s*~)""")


def _placeholders(message: languages.Message) -> set[str]:
    forms = [message] if isinstance(message, str) else list(message.values())
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def test_every_language_has_the_same_messages_with_the_same_places() -> None:
    english, russian = (languages.get(code).messages for code in languages.CODES)

    assert english.keys() == russian.keys()
    for key in english:
        assert _placeholders(english[key]) == _placeholders(russian[key]), key
        assert isinstance(english[key], str) == isinstance(russian[key], str), key


def test_every_message_with_plural_forms_has_all_of_them() -> None:
    for code, forms in (("en", {"one", "other"}), ("ru", {"one", "few", "many", "other"})):
        for key, message in languages.get(code).messages.items():
            assert isinstance(message, str) or message.keys() == forms, key


def test_no_message_is_empty_or_left_in_the_other_language() -> None:
    international = {"metric.r2", "metric.roc_auc", "results.auc", "results.roc_auc", "home.title"}
    english, russian = (languages.get(code).messages for code in languages.CODES)
    for key, message in russian.items():
        assert message, key
        letters = set(re.sub(r"{\w+}", "", str(message))) & set(string.ascii_letters)
        if key not in international and not key.startswith(("format.", "home.language_")):
            assert not letters or message != english[key], key


def test_every_message_that_the_code_names_exists() -> None:
    messages = languages.get("en").messages
    named = {
        key
        for file in (*_TEMPLATES, *_MODULES)
        for key in _LITERAL_KEY.findall(file.read_text("utf-8"))
    }

    assert len(named) > 60
    assert named <= messages.keys()


def test_every_message_is_used() -> None:
    """A message nobody asks for is a leftover; those chosen by a slug are asked for by group."""
    by_slug = (
        *("family", "kind", "reason", "metric", "average", "digest", "seed", "format", "unit"),
        "promotion",
    )
    code = "\n".join(file.read_text("utf-8") for file in (*_TEMPLATES, *_MODULES))
    strings = {
        node.value
        for file in _MODULES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for key in languages.get("en").messages:
        group, _, name = key.partition(".")
        if group in by_slug or group == "home":
            continue
        assert key in code or name in strings or name == "title", key


def test_the_languages_are_those_of_the_kit_and_of_the_contract() -> None:
    assert languages.CODES == text.LANGUAGES
    assert tuple(language.code for language in reports.LANGUAGES) == languages.CODES


def test_an_unknown_message_and_an_unknown_language_are_errors() -> None:
    with pytest.raises(KeyError):
        languages.get("en").text("report.nothing")
    with pytest.raises(KeyError):
        languages.get("de")


def test_braces_in_a_value_are_no_places() -> None:
    written = languages.get("en").text("report.by", owner="{messages} {0} {")

    assert written == "Prepared for {messages} {0} {"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 строк"),
        (1, "1 строка"),
        (2, "2 строки"),
        (5, "5 строк"),
        (11, "11 строк"),
        (21, "21 строка"),
        (891, "891 строка"),
        (12000, "12\N{NO-BREAK SPACE}000 строк"),
    ],
)
def test_russian_rows_are_counted_as_russian_does(count: int, expected: str) -> None:
    assert languages.get("ru").text("count.rows", n=count) == expected


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        (0.0, "0", "0"),
        (12345.678, "12,346", "12\N{NO-BREAK SPACE}346"),
        (0.38381, "0.3838", "0,3838"),
        (-2.5, "−2.5", "−2,5"),
        (4.2e-7, "4.2·10⁻⁷", "4,2·10⁻⁷"),
        (1e12, "1.0·10¹²", "1,0·10¹²"),
        (None, "–", "–"),
    ],
)
def test_numbers_are_written_for_the_language(
    value: float | None, english: str, russian: str
) -> None:
    assert languages.get("en").number(value) == english
    assert languages.get("ru").number(value) == russian


def test_decimals_percentages_and_sizes() -> None:
    english, russian = languages.get("en"), languages.get("ru")

    assert english.decimal(0.79888) == "0.799"
    assert russian.decimal(0.79888) == "0,799"
    assert english.decimal(-0.0001) == "0.000"
    assert english.percent(0.6161) == "61.6%"
    assert russian.percent(0.6161) == "61,6\N{NO-BREAK SPACE}%"
    assert english.size(0) == "0\N{NO-BREAK SPACE}bytes"
    assert english.size(29184) == "28.5\N{NO-BREAK SPACE}KiB"
    assert russian.size(29184) == "28,5\N{NO-BREAK SPACE}КиБ"
    assert english.size(2**60).endswith("TiB")


def test_moments_are_told_in_utc() -> None:
    zone = datetime.timezone(datetime.timedelta(hours=3))
    moment = datetime.datetime(2026, 3, 15, 1, 30, tzinfo=zone)

    assert languages.get("en").moment(moment) == "14 March 2026, 22:30 UTC"
    assert languages.get("ru").moment(moment) == "14 марта 2026 г., 22:30 UTC"
    assert languages.get("en").short_moment(moment) == "14 Mar 2026, 22:30 UTC"


@pytest.mark.parametrize(
    ("group", "slugs"),
    [
        ("kind", "number integer boolean text datetime image other"),
        ("reason", "identifier free_text constant empty datetime image split other not_chosen"),
        ("family", "RandomForest LogisticRegression KNN CNN"),
        ("seed", "split cross_validation estimator importance"),
        ("digest", "dataset bundle onnx"),
        (
            "metric",
            (
                "accuracy balanced_accuracy precision_macro recall_macro f1_macro f1_weighted "
                "log_loss roc_auc"
            ),
        ),
    ],
)
def test_what_training_writes_has_words(group: str, slugs: str) -> None:
    for slug in slugs.split():
        for code in languages.CODES:
            assert languages.get(code).word(group, slug) != slug or code == "en"


def test_a_slug_without_words_is_printed_as_it_is() -> None:
    assert languages.get("ru").word("reason", "сам так решил") == "сам так решил"
    assert languages.get("ru").word("count", "rows") == "rows"
