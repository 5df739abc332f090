"""Registering, and for administrators the invitations to it."""

from __future__ import annotations

from typing import Annotated

import fastapi

from kolba.contracts import pages
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.audit import notes
from kolba.web_master.people import finding
from kolba.web_master.people import requirements as people_requirements
from kolba.web_master.people.invitations import schemas

router = bodies.router(tags=["registering"])
_OPEN = [kit_requirements.needs(kit_requirements.OPEN)]
_LOOK = [kit_requirements.needs(requirements.right("people"))]
_CHANGE = [kit_requirements.needs(people_requirements.in_person("people"))]
_Id = Annotated[int, fastapi.Path(ge=1, le=2**53)]


@router.get("/auth/registration", dependencies=_OPEN)
def read_registration(request: fastapi.Request) -> schemas.RegistrationMode:
    """Who may register: anybody, who was invited, or nobody."""
    return schemas.RegistrationMode(registration=finding.rooms(request).registration.mode)


@router.post("/auth/register", status_code=201, dependencies=_OPEN)
def register(request: fastapi.Request, body: schemas.Registration) -> schemas.Registered:
    """Make an account for yourself; then sign in."""
    account = finding.rooms(request).registration.register(
        body.name,
        body.password,
        display_name=body.display_name,
        invitation=body.invitation,
        address=finding.origin(request).address,
    )
    notes.by(account.name)
    notes.about("person", account.name)
    return schemas.Registered(
        name=account.name, display_name=account.display_name, group=account.group
    )


@router.post("/invitations", status_code=201, dependencies=_CHANGE)
def invite(
    request: fastapi.Request, response: fastapi.Response, body: schemas.NewInvitation
) -> schemas.InvitationWithSecret:
    """Make an invitation, good for one registration. It is shown this once."""
    response.headers["Cache-Control"] = "no-store"
    made = finding.rooms(request).registration.invite(
        group=body.group, days=body.days, note=body.note, asker=finding.asker(request)
    )
    return schemas.with_secret(made)


@router.get("/invitations", dependencies=_LOOK)
def list_invitations(
    request: fastapi.Request, query: Annotated[schemas.InvitationQuery, fastapi.Query()]
) -> pages.Page[schemas.Invitation]:
    """All invitations, the newest first, without what they open."""
    found, total = finding.rooms(request).registration.page(limit=query.limit, offset=query.offset)
    return pages.Page(items=[schemas.invitation(one) for one in found], total=total)


@router.delete("/invitations/{invitation_id}", status_code=204, dependencies=_CHANGE)
def withdraw_invitation(request: fastapi.Request, invitation_id: _Id) -> None:
    """Withdraw an invitation."""
    finding.rooms(request).registration.withdraw(invitation_id)
