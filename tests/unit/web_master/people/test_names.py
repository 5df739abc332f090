"""What a person may be called."""

from __future__ import annotations

import unicodedata

import hypothesis
import pytest
from hypothesis import strategies

from kolba.kit import errors
from kolba.web_master.people import names


@pytest.mark.parametrize(
    "given", ["ada", "Ada.Lovelace", "a", "x" * 64, "олег-1", "李雷", "a_b-c.d9"]
)
def test_a_name_is_kept_in_lower_case(given: str) -> None:
    assert names.check(given, group="client") == given.lower()


@pytest.mark.parametrize("given", ["ＡＤＡ", "ﬁsh", "Straße", "ÅNGSTRÖM", "İstanbul"])
def test_the_canonical_form_is_stable(given: str) -> None:
    once = names.canonical(given)
    assert names.canonical(once) == once
    assert unicodedata.is_normalized("NFKC", once)


@hypothesis.given(strategies.text(max_size=80))
def test_whatever_is_allowed_can_be_shown_and_found_again(given: str) -> None:
    try:
        name = names.check(given, group="client")
    except errors.InvalidInput:
        return
    assert name.isprintable()
    assert names.canonical(name) == name
    assert names.check(name, group="client") == name
    assert 0 < len(names.skeleton(name)) <= 512
    assert all(unicodedata.bidirectional(one) not in ("RLO", "LRO", "RLE", "LRE") for one in name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("paypal", "paypa1"),
        ("paypal", "раураl"),
        ("mary", "rnary"),
        ("will", "vvill"),
        ("bob", "b0b"),
        ("scope", "ѕсоре"),
        ("nova", "noνa"),
    ],
)
def test_lookalikes_have_one_skeleton(one: str, other: str) -> None:
    assert names.skeleton(names.canonical(one)) == names.skeleton(names.canonical(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ivan", "inan"),
        ("ann", "anna"),
        ("иван", "ивав"),
        ("a-b", "a_b"),
        ("demo-admin", "demo-client"),
    ],
)
def test_different_names_have_different_skeletons(one: str, other: str) -> None:
    assert names.skeleton(one) != names.skeleton(other)


def test_what_the_system_is_called_nobody_is() -> None:
    for name in (*names.RESERVED, *names.ADMINS_ONLY, "1ocal", "ѕуѕtеm"):
        with pytest.raises(errors.InvalidInput):
            names.check(name, group="client")
    assert names.check("admin", group="admin") == "admin"


@pytest.mark.parametrize("unseen", ["\u115f", "\u1160", "\u3164", "\uffa0"])
def test_a_letter_that_cannot_be_seen_is_none(unseen: str) -> None:
    for given in (f"ada{unseen}b", f"{unseen}ada", f"ada{unseen}", f"admin{unseen}"):
        with pytest.raises(errors.InvalidInput):
            names.check(given, group="client")
