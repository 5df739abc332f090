"""API tokens as they are asked for and answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pydantic

from kolba.web_master.people import fields
from kolba.web_master.people.api_tokens import repository, service

MOST_DAYS = 365


class NewApiToken(fields.Body):
    name: Annotated[fields.Line, pydantic.Field(min_length=1)]
    """What it is for; yours may not have two of one name."""
    scopes: Annotated[
        list[Annotated[str, pydantic.Field(max_length=64)]],
        pydantic.Field(min_length=1, max_length=100),
    ]
    """What it may be used for: rights and scenarios that you may use yourself (`may` of `GET /me`), but `tokens`."""
    days: Annotated[int, pydantic.Field(ge=1, le=MOST_DAYS, strict=True)] = 90
    """How long it is good."""


class ApiToken(fields.Answer):
    id: int
    name: str
    scopes: list[str]
    created_at: dt.datetime
    expires_at: dt.datetime
    last_used_at: dt.datetime | None
    """To a minute."""


class ApiTokenWithSecret(ApiToken):
    token: str
    """For `Authorization: Bearer …`. Shown this once."""


class ApiTokens(fields.Answer):
    items: list[ApiToken]
    total: int


def api_token(found: repository.ApiToken) -> ApiToken:
    return ApiToken(**_shown(found))


def with_secret(made: service.Made) -> ApiTokenWithSecret:
    return ApiTokenWithSecret(**_shown(made.token), token=made.secret)


def _shown(found: repository.ApiToken) -> dict[str, object]:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": list(found.scopes),
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "last_used_at": found.last_used_at,
    }
