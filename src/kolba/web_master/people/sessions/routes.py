"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

import fastapi
from starlette import responses

from kolba.kit import context
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.audit import notes
from kolba.web_master.people import authentication, errors, finding, names, secret_words
from kolba.web_master.people import requirements as people_requirements
from kolba.web_master.people.sessions import schemas

router = bodies.router(tags=["signing in"])
_OPEN = [kit_requirements.needs(kit_requirements.OPEN)]
_LOOK = [kit_requirements.needs(requirements.right("account"))]
_LOOK_EARLY = [kit_requirements.needs(people_requirements.early(requirements.right("account")))]
_OWN = [kit_requirements.needs(people_requirements.in_person("account"))]
_OWN_EARLY = [
    kit_requirements.needs(people_requirements.early(people_requirements.in_person("account")))
]
_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@router.post("/auth/token", dependencies=_OPEN)
def give_tokens(
    request: fastapi.Request,
    response: fastapi.Response,
    form: Annotated[schemas.TokenForm, fastapi.Form()],
) -> schemas.Tokens:
    """Sign in with a name and a password, or refresh: an access token for minutes, and a refresh token for the next."""
    response.headers.update(_UNSTORED)
    sessions = finding.rooms(request).sessions
    if form.grant_type == "refresh_token":
        if form.refresh_token is None:
            raise errors.UnsupportedGrant("invalid_request")
        made = sessions.refresh(form.refresh_token)
        notes.nothing_new()  # the session goes on, as often as its tokens are refreshed
    elif form.grant_type != "password":
        raise errors.UnsupportedGrant("unsupported_grant_type")
    elif form.username is None or form.password is None:
        raise errors.UnsupportedGrant("invalid_request")
    else:
        _note_claim(request, form.username)
        made = sessions.sign_in_program(form.username, form.password, finding.origin(request))
    _note(made.person, made.id)
    return schemas.Tokens(
        access_token=made.access_token,
        expires_in=made.expires_in,
        refresh_token=made.refresh_token,
    )


@router.post("/auth/session", status_code=201, dependencies=_OPEN)
def begin_session(
    request: fastapi.Request, response: fastapi.Response, body: schemas.SignIn
) -> schemas.BrowserSession:
    """Sign in from a browser: a cookie that scripts cannot read, and a token that they show beside it."""
    response.headers.update(_UNSTORED)
    rooms = finding.rooms(request)
    _note_claim(request, body.name)
    made = rooms.sessions.sign_in_browser(body.name, body.password, finding.origin(request))
    _note(made.person.name, made.id)
    response.set_cookie(
        authentication.COOKIE,
        made.cookie,
        expires=made.expires_at,
        path="/",
        secure=rooms.secure_cookie,
        httponly=True,
        samesite="lax",
    )
    return schemas.BrowserSession(id=made.id, name=made.person.name, csrf_token=made.csrf_token)


@router.get("/auth/session", dependencies=_LOOK_EARLY)
def read_session(request: fastapi.Request, response: fastapi.Response) -> schemas.BrowserSession:
    """The browser's session, with the token for `X-CSRF-Token`: for a page that was loaded anew."""
    response.headers.update(_UNSTORED)
    secret = finding.cookie(request)
    found = finding.session(request)
    if secret is None or found is None or context.current().person.via != "session":
        raise errors.NoSession
    return schemas.BrowserSession(
        id=found, name=finding.me(), csrf_token=secret_words.csrf_token(secret)
    )


@router.delete("/auth/session", status_code=204, dependencies=_OPEN)
def end_browser_session(request: fastapi.Request) -> responses.Response:
    """Sign this browser out. Also one whose session is over already: then only the cookie goes."""
    person = context.current().person
    if isinstance(person.refused, errors.CsrfTokenMissing):
        raise person.refused
    if person.via == "session":
        _end_this(request)
    answer = responses.Response(status_code=204)
    _remove_cookie(request, answer)
    return answer


@router.post("/auth/sign-out", status_code=204, dependencies=_OWN_EARLY)
def sign_out(request: fastapi.Request, body: schemas.SignOut | None = None) -> responses.Response:
    """End the session that this request belongs to, or all of yours."""
    if body is not None and body.everywhere:
        finding.rooms(request).sessions.end_all(finding.me())
    else:
        _end_this(request)
    answer = responses.Response(status_code=204)
    _remove_cookie(request, answer)
    return answer


@router.get("/auth/sessions", dependencies=_LOOK)
def list_sessions(request: fastapi.Request) -> schemas.Sessions:
    """Where you are signed in, the last used first."""
    this = finding.session(request)
    found = finding.rooms(request).sessions.of(finding.me())
    items = [schemas.session(one, this=this) for one in found]
    return schemas.Sessions(items=items, total=len(items))


@router.delete("/auth/sessions/{session_id}", status_code=204, dependencies=_OWN)
def end_session(request: fastapi.Request, session_id: str) -> None:
    """End one of your sessions."""
    finding.rooms(request).sessions.end(session_id, of=finding.me())


def _end_this(request: fastapi.Request) -> None:
    found = finding.session(request)
    if found is None:
        raise errors.NoSession
    notes.about("session", found)
    finding.rooms(request).sessions.end(found, of=finding.me())


def _remove_cookie(request: fastapi.Request, answer: responses.Response) -> None:
    answer.delete_cookie(
        authentication.COOKIE,
        path="/",
        secure=finding.rooms(request).secure_cookie,
        httponly=True,
        samesite="lax",
    )


def _note_claim(request: fastapi.Request, given: str) -> None:
    """Who is to be signed in. Of a name that nobody has, nothing: it may be a password in the wrong field."""
    name = names.canonical(given)
    notes.add(name=name if finding.rooms(request).accounts.is_known(name) else None)


def _note(person: str, session: str) -> None:
    notes.by(person)
    notes.about("session", session)
