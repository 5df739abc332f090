"""Access: a right or a scenario is its groups, and a token is good for what it was limited to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kolba.kit import errors as kit_errors
from kolba.kit import identity
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import errors, requirements, service

GROUPS = ("client", "researcher", "admin")
RIGHTS: dict[service.Right, tuple[str, ...]] = {
    **dict.fromkeys(service.RIGHTS, GROUPS),
    "delete": ("admin",),
}
SCENARIOS = {"train-model": ["researcher", "admin"]}


def access(**changes: Any) -> service.Access:
    return service.Access(**{"rights": RIGHTS, "scenarios": SCENARIOS, "groups": GROUPS, **changes})


def person(*groups: str, scopes: frozenset[str] | None = None) -> identity.Person:
    return identity.Person(name="anna", groups=groups, scopes=scopes, via="API token")


CASES = [
    ("read", identity.NOBODY, kit_requirements.SignInRequired),
    ("read", person("client"), None),
    ("read", person(), errors.ActionForbidden),
    ("delete", person("researcher", "client"), errors.ActionForbidden),
    ("delete", person("admin", "researcher", "client"), None),
    ("read", person("client", scopes=frozenset()), errors.ScopeMissing),
    ("read", person("client", scopes=frozenset({"predict"})), errors.ScopeMissing),
    ("read", person("client", scopes=frozenset({"read"})), None),
    # A scope never gives more than the groups do.
    ("delete", person("client", scopes=frozenset({"delete"})), errors.ActionForbidden),
]


@pytest.mark.parametrize(("right", "who", "refusal"), CASES)
def test_a_right_is_its_groups_and_a_tokens_scopes(
    right: service.Right, who: identity.Person, refusal: type[kit_errors.KolbaError] | None
) -> None:
    check = requirements.right(right).check
    answers(lambda: check(who, {"access": access()}), refusal)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (identity.NOBODY, kit_requirements.SignInRequired),
        (person("client"), errors.ScenarioForbidden),
        (person("researcher", "client"), None),
        (person("researcher", scopes=frozenset({"read"})), errors.ScopeMissing),
        (person("researcher", scopes=frozenset({"train-model"})), None),
    ],
)
def test_a_scenario_is_its_groups_and_a_tokens_scopes(
    who: identity.Person, refusal: type[kit_errors.KolbaError] | None
) -> None:
    check = requirements.scenario("train-model").check
    answers(lambda: check(who, {"access": access()}), refusal)


def answers(asked: Callable[[], None], refusal: type[kit_errors.KolbaError] | None) -> None:
    if refusal is None:
        asked()
        return
    with pytest.raises(refusal) as refused:
        asked()
    assert refused.value.render_detail("ru") != refused.value.render_detail("en")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rights": {"read": ["client"]}}, "audit"),
        ({"rights": {**RIGHTS, "read": ["clients"]}}, "clients"),
        ({"scenarios": {"train-model": ["nobody"]}}, "nobody"),
        ({"scenarios": {"read": ["client"]}}, "read"),
    ],
)
def test_a_configuration_that_leaves_a_question_open_stops_the_start(
    changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        access(**changes)


def test_whatever_can_be_done_is_a_scope() -> None:
    assert set(access().scopes) == {*service.RIGHTS, "train-model"}
