"""The rules of access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from kolba.kit import context
from kolba.web_master.access import errors

Right = Literal["read", "upload", "change", "delete", "cancel", "history", "predict", "predictions"]
"""What can be done outside the scenarios."""


class Access:
    """Answers whether the present person may do something, from the groups in the configuration."""

    def __init__(self, rights: Mapping[Right, Sequence[str]]) -> None:
        self._rights = rights

    def require(self, right: Right) -> None:
        """Raises `ActionForbidden`."""
        groups = self._rights[right]
        if not is_member(groups):
            raise errors.ActionForbidden(right=right, groups=list(groups))


def require_scenario(name: str, groups: Sequence[str]) -> None:
    """Raises `ScenarioForbidden` when the present person is in none of `groups`."""
    if not is_member(groups):
        raise errors.ScenarioForbidden(scenario=name, groups=list(groups))


def is_member(groups: Sequence[str]) -> bool:
    """Whether the present person belongs to one of `groups`."""
    return not set(groups).isdisjoint(context.current().person.groups)
