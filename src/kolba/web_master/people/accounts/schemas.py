"""Accounts as they are asked for and answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import pydantic

from kolba.contracts import pages
from kolba.web_master.people import fields
from kolba.web_master.people.accounts import repository, service

State = Literal["active", "disabled"]
_Search = Annotated[str | None, pydantic.Field(max_length=100, pattern=r"^[^\x00]*$")]


class NewPerson(fields.Body):
    name: fields.GivenName
    """1 to 64 letters, digits, and `-`, `_`, `.` between them. It is kept in lower case and never changes."""
    group: fields.Group | None = None
    """Null: `people.default_group`."""
    display_name: fields.Line = ""


class PersonChange(fields.Body):
    """What is not given stays as it is."""

    group: fields.Group | None = None
    state: State | None = None
    display_name: fields.Line | None = None

    def wanted(self) -> repository.Change:
        return repository.Change(**self.model_dump())


class Person(fields.Answer):
    name: str
    display_name: str
    group: str
    state: State
    must_change_password: bool
    """The password was made by an administrator."""
    can_sign_in: bool
    """Whether there is a password; the local person has none."""
    created_at: dt.datetime
    password_changed_at: dt.datetime | None


class PersonWithPassword(Person):
    password: str
    """Shown this once. To be changed by its owner."""


class PeopleQuery(fields.Body):
    group: fields.Group | None = None
    state: State | None = None
    search: _Search = None
    """Part of a name or of a display name."""
    sort: str = "name"
    limit: pages.Limit = 100
    offset: pages.Offset = 0

    def chosen(self) -> repository.Filter:
        return repository.Filter(group=self.group, state=self.state, search=self.search)


class Me(fields.Answer):
    name: str
    display_name: str
    group: str
    groups: list[str]
    """Also those that the group includes."""
    via: str
    """How you showed who you are: session, access token, API token, local."""
    scopes: list[str] | None
    """What your API token is limited to."""
    may: list[str]
    """The rights and scenarios that you may use now."""
    must_change_password: bool
    can_sign_in: bool


class MyChange(fields.Body):
    display_name: fields.Line


class PasswordChange(fields.Body):
    current: fields.Password
    new: fields.Password
    """At least 10 characters, not your name, none of the commonest."""


def person(found: repository.Account) -> Person:
    return Person(**_shown(found))


def with_password(made: service.WithPassword) -> PersonWithPassword:
    return PersonWithPassword(**_shown(made.account), password=made.password)


def _shown(found: repository.Account) -> dict[str, object]:
    return {
        "name": found.name,
        "display_name": found.display_name,
        "group": found.group,
        "state": found.state,
        "must_change_password": found.must_change_password,
        "can_sign_in": found.password_hash is not None,
        "created_at": found.created_at,
        "password_changed_at": found.password_changed_at,
    }
