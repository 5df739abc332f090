"""The rules of access: groups from the configuration, and what an API token was limited to."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Literal

from kolba.kit import identity
from kolba.kit.http import requirements
from kolba.web_master.access import errors

Right = Literal[
    "read",
    "upload",
    "change",
    "delete",
    "cancel",
    "history",
    "contribute",
    "predict",
    "predictions",
    "account",
    "tokens",
    "people",
    "credits",
    "prices",
    "audit",
]
"""What can be done outside the scenarios."""
RIGHTS: tuple[Right, ...] = typing.get_args(Right)


class Access:
    """Answers whether a person may do something. Raises `ValueError` where the configuration leaves a question open."""

    def __init__(
        self,
        *,
        rights: Mapping[Right, Sequence[str]],
        scenarios: Mapping[str, Sequence[str]],
        groups: Sequence[str],
    ) -> None:
        """`rights` and `scenarios` say which of all `groups` may."""
        _check(rights, scenarios, groups)
        self._rights = rights
        self._scenarios = scenarios

    @property
    def scopes(self) -> tuple[str, ...]:
        """Everything an API token can be limited to: the rights and the scenarios, by name."""
        return (*RIGHTS, *self._scenarios)

    def allowed(self, person: identity.Person) -> list[str]:
        """Which of `scopes` this person may, by their groups and their token's own scopes."""
        if person.refused is not None:
            return []
        granted = (*self._rights.items(), *self._scenarios.items())
        return [
            scope
            for scope, groups in granted
            if _is_member(person, groups) and (person.scopes is None or scope in person.scopes)
        ]

    def check_right(self, person: identity.Person, right: Right) -> None:
        """Raises `SignInRequired`, `ActionForbidden`, `ScopeMissing`."""
        _check_known(person)
        groups = self._rights[right]
        if not _is_member(person, groups):
            raise errors.ActionForbidden(right=right, groups=list(groups))
        _check_scope(person, right)

    def check_scenario(self, person: identity.Person, name: str) -> None:
        """Raises `SignInRequired`, `ScenarioForbidden`, `ScopeMissing`."""
        _check_known(person)
        groups = self._scenarios[name]
        if not _is_member(person, groups):
            raise errors.ScenarioForbidden(scenario=name, groups=list(groups))
        _check_scope(person, name)


def _check(
    rights: Mapping[Right, Sequence[str]],
    scenarios: Mapping[str, Sequence[str]],
    groups: Sequence[str],
) -> None:
    missing = sorted(set(RIGHTS) - set(rights))
    if missing:
        raise ValueError(f"`rights` in the configuration do not say who may: {missing}")
    named = {group for chosen in (*rights.values(), *scenarios.values()) for group in chosen}
    unknown = sorted(named - set(groups))
    if unknown:
        raise ValueError(f"`rights` or `scenarios` name groups that `auth.groups` lacks: {unknown}")
    doubled = sorted(set(RIGHTS) & set(scenarios))
    if doubled:
        raise ValueError(
            f"a scope must mean one thing, but these are rights and scenarios: {doubled}"
        )


def _check_known(person: identity.Person) -> None:
    if person.refused is not None or not person.is_known:
        raise person.refused or requirements.SignInRequired()


def _is_member(person: identity.Person, groups: Sequence[str]) -> bool:
    return not set(groups).isdisjoint(person.groups)


def _check_scope(person: identity.Person, scope: str) -> None:
    if person.scopes is not None and scope not in person.scopes:
        raise errors.ScopeMissing(scope=scope, scopes=sorted(person.scopes))
