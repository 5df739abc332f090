"""What the web master's routes require: a right or a scenario, by the name it has in `config.yaml`.

@router.get("/history", dependencies=[kit_requirements.needs(requirements.right("history"))])
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from kolba.kit import identity
from kolba.kit.http import requirements
from kolba.web_master.access import service


def right(name: service.Right) -> requirements.Requirement:
    """One of the configured `rights`, and a token that is good for it."""

    def check(person: identity.Person, state: Mapping[str, Any]) -> None:
        _access(state).check_right(person, name)

    return requirements.Requirement(f"right: {name}", check)


def scenario(name: str) -> requirements.Requirement:
    """One of the configured `scenarios`, and a token that is good for it."""

    def check(person: identity.Person, state: Mapping[str, Any]) -> None:
        _access(state).check_scenario(person, name)

    return requirements.Requirement(f"scenario: {name}", check)


def _access(state: Mapping[str, Any]) -> service.Access:
    return cast(service.Access, state["access"])
