"""One's own API tokens."""

from __future__ import annotations

from typing import Annotated, cast

import fastapi

from kolba.kit import context
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import service as access
from kolba.web_master.people import finding, requirements
from kolba.web_master.people.api_tokens import schemas

router = bodies.router(tags=["API tokens"])
_OWN = [kit_requirements.needs(requirements.in_person("tokens"))]
_Id = Annotated[int, fastapi.Path(ge=1, le=2**53)]


@router.post("/me/tokens", status_code=201, dependencies=_OWN)
def make_token(
    request: fastapi.Request, response: fastapi.Response, body: schemas.NewApiToken
) -> schemas.ApiTokenWithSecret:
    """Make an API token. It is shown this once."""
    response.headers["Cache-Control"] = "no-store"
    allowed = cast(access.Access, request.state.access).allowed(context.current().person)
    made = finding.rooms(request).api_tokens.make(
        finding.asker(request), body.name, scopes=body.scopes, days=body.days, allowed=allowed
    )
    return schemas.with_secret(made)


@router.get("/me/tokens", dependencies=_OWN)
def list_tokens(request: fastapi.Request) -> schemas.ApiTokens:
    """Your API tokens, without what they open."""
    found = finding.rooms(request).api_tokens.of(finding.me())
    return schemas.ApiTokens(items=[schemas.api_token(one) for one in found], total=len(found))


@router.delete("/me/tokens/{token_id}", status_code=204, dependencies=_OWN)
def revoke_token(request: fastapi.Request, token_id: _Id) -> None:
    """Revoke an API token; it is refused at once."""
    finding.rooms(request).api_tokens.revoke(token_id, of=finding.me())
