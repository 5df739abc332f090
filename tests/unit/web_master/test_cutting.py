"""What the history keeps of inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kolba.web_master.history import cutting

LIMITS = cutting.Limits(characters=20, items=3)


@pytest.mark.parametrize("value", [1, 2.5, None, True, "short", [1, 2], {"a": {"b": [1]}}])
def test_what_is_small_is_kept(value: Any) -> None:
    assert cutting.cut(value, LIMITS) == value


def test_a_long_text_is_its_length_and_beginning() -> None:
    assert cutting.cut("x" * 21, LIMITS) == {"characters": 21, "first": "x" * 20}


def test_a_long_list_is_its_length_and_beginning() -> None:
    assert cutting.cut(list(range(9)), LIMITS) == {"items": 9, "first": [0, 1, 2]}


def test_a_wide_object_is_its_width_and_beginning() -> None:
    wide = {str(number): number for number in range(9)}
    assert cutting.cut(wide, LIMITS) == {"members": 9, "first": {"0": 0, "1": 1, "2": 2}}


def test_nothing_deep_or_large_gets_through() -> None:
    deep: Any = "x" * 10_000
    for _ in range(50):
        deep = [{"k" * 1000: deep}] * 10
    assert len(json.dumps(cutting.cut(deep, LIMITS))) < 5_000


def test_a_nul_is_replaced_in_texts_and_names() -> None:
    assert cutting.cut({"a\0": "b\0"}, LIMITS) == {"a\ufffd": "b\ufffd"}
