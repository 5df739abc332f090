"""Which headers pass through the door."""

from __future__ import annotations

import pytest
from starlette import datastructures

from kolba.kit.http import disposition
from kolba.web_master.gateway import headers


def test_only_named_headers_go_in() -> None:
    given = datastructures.Headers(
        {
            "Host": "a",
            "Connection": "close",
            "Transfer-Encoding": "chunked",
            "Authorization": "x",
            "Range": "bytes=0-1",
            "Content-Type": "text/csv",
            "Content-Length": "3",
        }
    )
    without = {"range": "bytes=0-1", "accept-encoding": "identity"}
    announced = {"content-type": "text/csv", "content-length": "3"}
    assert headers.inward(given, with_body=True) == {**without, **announced}
    assert headers.inward(given, with_body=False) == without


@pytest.mark.parametrize(
    ("location", "passes"),
    [("/datasets/3", True), ("http://storage:8002/x", False), ("//evil.example/x", False)],
)
def test_only_a_location_of_this_house_comes_out(location: str, passes: bool) -> None:
    given = datastructures.Headers({"Location": location, "Connection": "close", "Server": "x"})
    assert headers.outward(given) == ({"location": location} if passes else {})


@pytest.mark.parametrize(
    "name", ["report.pdf", "Титаник-RF.pdf", 'a"b\\c.pdf', "a\r\nX: y.pdf", "a;b=c.pdf", "'.pdf"]
)
def test_a_file_name_in_any_alphabet_is_one_safe_header(name: str) -> None:
    value = disposition.header(name)
    value.encode("ascii")
    plain = value.split('filename="')[1].split('"')[0]
    assert set(plain) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert value.count(";") == 2
    assert "\n" not in value
    assert "\r" not in value
