from __future__ import annotations

import pytest

from kolba.collector.batches import errors, routes

ARROW = "application/vnd.apache.arrow.stream"


@pytest.mark.parametrize(
    ("accept", "arrow"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        (ARROW, True),
        (f"{ARROW}; q=0.9, application/json", True),
        (f"text/html, {ARROW.upper()}", True),
        (f"{ARROW};q=0, */*", False),
    ],
)
def test_the_first_type_that_we_speak_is_taken(accept: str, arrow: bool) -> None:
    assert routes.wants_arrow(accept) is arrow


def test_a_type_that_we_do_not_speak_is_said_so() -> None:
    with pytest.raises(errors.NotAcceptable):
        routes.wants_arrow("text/csv")
