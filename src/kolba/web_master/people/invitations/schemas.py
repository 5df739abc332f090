"""Registering and invitations, as they are asked for and answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic

from kolba.contracts import pages
from kolba.web_master.people import fields, settings
from kolba.web_master.people.invitations import repository, service


class Registration(fields.Body):
    name: fields.GivenName
    """1 to 64 letters, digits, and `-`, `_`, `.` between them. It is kept in lower case and never changes."""
    password: fields.Password
    """At least 10 characters, not the name, none of the commonest."""
    display_name: fields.Line = ""
    invitation: Annotated[str | None, pydantic.Field(max_length=128)] = None
    """What an administrator gave you; it says which group you come into."""


class Registered(fields.Answer):
    name: str
    display_name: str
    group: str


class RegistrationMode(fields.Answer):
    registration: settings.Registration


class NewInvitation(fields.Body):
    group: fields.Group | None = None
    """Null: `people.default_group`."""
    days: Annotated[float, pydantic.Field(gt=0, le=366, allow_inf_nan=False)] | None = None
    """How long it is good; null: `people.invitation_days`."""
    note: fields.Line = ""
    """For whom."""


class Invitation(fields.Answer):
    id: int
    group: str
    note: str
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    used_by: str | None
    used_at: dt.datetime | None


class InvitationWithSecret(Invitation):
    invitation: str
    """To be given to whom it is for. Shown this once."""


class InvitationQuery(fields.Body):
    limit: pages.Limit = 100
    offset: pages.Offset = 0


def invitation(found: repository.Invitation) -> Invitation:
    return Invitation(**_shown(found))


def with_secret(made: service.Made) -> InvitationWithSecret:
    return InvitationWithSecret(**_shown(made.invitation), invitation=made.secret)


def _shown(found: repository.Invitation) -> dict[str, object]:
    return {
        "id": found.id,
        "group": found.group,
        "note": found.note,
        "created_by": found.created_by,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "used_by": found.used_by,
        "used_at": found.used_at,
    }
