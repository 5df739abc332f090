"""What only people may do, and no token of theirs; and what they may before they have chosen a password."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from kolba.kit import identity
from kolba.kit.http import requirements
from kolba.web_master.access import requirements as access
from kolba.web_master.access import service
from kolba.web_master.people import errors


def in_person(name: service.Right) -> requirements.Requirement:
    """A right, of somebody who signed in (or is at this machine) and does not show an API token."""
    right = access.right(name)

    def check(person: identity.Person, state: Mapping[str, Any]) -> None:
        right.check(person, state)
        if person.via == "API token":
            raise errors.NotWithApiToken

    return requirements.Requirement(f"{right.name}, in person", check)


def early(requirement: requirements.Requirement) -> requirements.Requirement:
    """The same, also of somebody who has yet to choose a password: for what leads there, and out."""

    def check(person: identity.Person, state: Mapping[str, Any]) -> None:
        if isinstance(person.refused, errors.PasswordToBeChanged):
            person = dataclasses.replace(person, refused=None)
        requirement.check(person, state)

    return requirements.Requirement(requirement.name, check)
