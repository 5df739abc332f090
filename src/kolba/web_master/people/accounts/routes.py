"""Oneself, and for administrators everybody."""

from __future__ import annotations

from typing import Annotated, cast

import fastapi

from kolba.contracts import pages
from kolba.kit import context
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.access import service as access
from kolba.web_master.people import finding
from kolba.web_master.people import requirements as people_requirements
from kolba.web_master.people.accounts import schemas

router = bodies.router(tags=["people"])
_ANYBODY = [kit_requirements.needs(people_requirements.early(kit_requirements.SIGNED_IN))]
_OWN = [kit_requirements.needs(people_requirements.in_person("account"))]
_OWN_EARLY = [
    kit_requirements.needs(people_requirements.early(people_requirements.in_person("account")))
]
_LOOK = [kit_requirements.needs(requirements.right("people"))]
_CHANGE = [kit_requirements.needs(people_requirements.in_person("people"))]


@router.get("/me", dependencies=_ANYBODY)
def read_me(request: fastapi.Request) -> schemas.Me:
    """Who you are here, and what you may do."""
    return _me(request)


@router.patch("/me", dependencies=_OWN)
def change_me(request: fastapi.Request, body: schemas.MyChange) -> schemas.Me:
    """Change what you are shown as."""
    finding.rooms(request).accounts.rename(finding.me(), body.display_name)
    return _me(request)


@router.post("/me/password", status_code=204, dependencies=_OWN_EARLY)
def change_my_password(request: fastapi.Request, body: schemas.PasswordChange) -> None:
    """Change your password. Your other sessions end; your API tokens go on."""
    rooms = finding.rooms(request)
    rooms.accounts.change_own_password(
        finding.me(),
        current=body.current,
        new=body.new,
        keep_session=finding.session(request),
        address=finding.origin(request).address,
    )


@router.get("/people", dependencies=_LOOK)
def list_people(
    request: fastapi.Request, query: Annotated[schemas.PeopleQuery, fastapi.Query()]
) -> pages.Page[schemas.Person]:
    """Everybody there is."""
    found, total = finding.rooms(request).accounts.page(
        query.chosen(), sort=query.sort, limit=query.limit, offset=query.offset
    )
    return pages.Page(items=[schemas.person(one) for one in found], total=total)


@router.post("/people", status_code=201, dependencies=_CHANGE)
def add_person(
    request: fastapi.Request, response: fastapi.Response, body: schemas.NewPerson
) -> schemas.PersonWithPassword:
    """Make an account. Its password is generated and shown this once."""
    response.headers["Cache-Control"] = "no-store"
    made = finding.rooms(request).accounts.add(
        body.name,
        group=body.group,
        display_name=body.display_name,
        asker=finding.asker(request),
    )
    return schemas.with_password(made)


@router.get("/people/{name}", dependencies=_LOOK)
def read_person(request: fastapi.Request, name: str) -> schemas.Person:
    """One person."""
    return schemas.person(finding.rooms(request).accounts.get(name))


@router.patch("/people/{name}", dependencies=_CHANGE)
def change_person(
    request: fastapi.Request, name: str, body: schemas.PersonChange
) -> schemas.Person:
    """Put somebody into another group, disable or enable them, change what they are shown as."""
    changed = finding.rooms(request).accounts.change(
        name, body.wanted(), asker=finding.asker(request)
    )
    return schemas.person(changed)


@router.post("/people/{name}/password-reset", dependencies=_CHANGE)
def reset_password(
    request: fastapi.Request, response: fastapi.Response, name: str
) -> schemas.PersonWithPassword:
    """Generate a new password, shown this once. Their sessions end and their API tokens are revoked."""
    response.headers["Cache-Control"] = "no-store"
    made = finding.rooms(request).accounts.reset_password(name, asker=finding.asker(request))
    return schemas.with_password(made)


def _me(request: fastapi.Request) -> schemas.Me:
    person = context.current().person
    account = finding.rooms(request).accounts.get(person.name)
    return schemas.Me(
        name=account.name,
        display_name=account.display_name,
        group=account.group,
        groups=list(person.groups),
        via=person.via,
        scopes=None if person.scopes is None else sorted(person.scopes),
        may=cast(access.Access, request.state.access).allowed(person),
        must_change_password=account.must_change_password,
        can_sign_in=account.password_hash is not None,
    )
