import pytest

from kolba.kit import text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.3, ru;q=0.7", "ru"),
        ("ru;q=0, en", "en"),
        ("de, fr;q=0.9", "en"),
        ("ru;q=oops, en;q=0.1", "en"),
        ("," * 100_000, "en"),
    ],
)
def test_the_best_language_wins(header: str | None, language: str) -> None:
    assert text.preferred_language(header) == language


def test_a_missing_parameter_is_an_error_and_not_a_hole_in_the_text() -> None:
    with pytest.raises(KeyError):
        text.Text(en="{who}", ru="{who}").render("ru")
