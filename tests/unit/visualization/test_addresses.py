from __future__ import annotations

import pydantic
import pytest
from starlette import datastructures

from kolba.visualization.home import addresses

INSIDE = pydantic.HttpUrl("http://web_master:8000")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("http://localhost:8050/", "http://localhost:8000"),
        ("http://lab.example:8050/?lang=ru", "http://lab.example:8000"),
        ("http://[::1]:8050/", "http://[::1]:8000"),
        ("http://a;rm -rf ~/", "http://web_master:8000"),
        ("http:///", "http://web_master:8000"),
    ],
)
def test_the_web_master_is_looked_for_on_the_readers_host(page: str, expected: str) -> None:
    address = addresses.WebMasterAddress(inside=INSIDE, outside=None)

    assert address.seen_from(datastructures.URL(page)) == expected


def test_a_configured_address_comes_first() -> None:
    outside = pydantic.HttpUrl("https://lab.example/kolba/")
    address = addresses.WebMasterAddress(inside=INSIDE, outside=outside)

    page = datastructures.URL("http://localhost:8050/")
    assert address.seen_from(page) == "https://lab.example/kolba"
