"""What routes of people find in a request."""

from __future__ import annotations

from typing import cast

import fastapi

from kolba.kit import context, errors
from kolba.kit.tokens import authentication as token_authentication
from kolba.web_master.people import authentication, opening
from kolba.web_master.people import errors as people_errors
from kolba.web_master.people.sessions import service as sessions
from kolba.web_master.people.standing import repository as standing


def rooms(request: fastapi.Request) -> opening.Rooms:
    return cast(opening.Rooms, getattr(request.state, opening.STATE))


def me() -> str:
    """Whose request it is."""
    return context.current().person.name


def origin(request: fastapi.Request) -> sessions.Origin:
    return sessions.Origin(
        address=rooms(request).addresses.of(request.scope),
        agent=request.headers.get("user-agent", ""),
    )


def cookie(request: fastapi.Request) -> str | None:
    """The session's secret that a browser sent."""
    return authentication.session_in(request.headers.get("cookie", ""))


def session(request: fastapi.Request) -> str | None:
    """The session that the request belongs to; None: none (any more). Blocks."""
    register = rooms(request).register
    given = request.headers.get("authorization")
    secret = cookie(request)
    try:
        if given is not None:
            return register.by_access_token(token_authentication.bearer(given)).session
        return None if secret is None else register.by_cookie(secret).session
    except errors.KolbaError as error:
        if error.status != 401:
            raise
        return None


def asker(request: fastapi.Request) -> standing.Asker:
    """Who asks in person for what outlasts their session. Blocks. Raises `SessionOver`."""
    person = context.current().person
    if person.via == "local":
        return standing.Asker(name=person.name, session=None)
    found = session(request)
    if found is None:
        raise people_errors.SessionOver
    return standing.Asker(name=person.name, session=found)
