"""`/user-data`."""

from __future__ import annotations

from typing import Annotated

import fastapi

from kolba.collector.contributions import forms, repository, service
from kolba.contracts import contributions as contracts
from kolba.contracts import pages
from kolba.kit import bounded
from kolba.kit.http import bodies

router = bodies.router(tags=["contributions"])
Id = Annotated[int, fastapi.Path(ge=1, lt=2**63)]
Text = Annotated[str | None, fastapi.Query(max_length=255)]
_SAFE = {
    # Somebody sent this: a browser that opens it by itself is to see a picture in it, and nothing else.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
}


def _contributions(request: fastapi.Request) -> service.Contributions:
    found: service.Contributions = request.state.contributions
    return found


@router.post(
    "/user-data",
    status_code=201,
    openapi_extra=forms.BODIES,
    responses={200: {"model": contracts.Contribution, "description": "Known, and told anew"}},
)
async def contribute(
    request: fastapi.Request, response: fastapi.Response
) -> contracts.Contribution:
    """Contribute an image with the digit that it shows. The same file again gets the new label."""
    sent, told = await forms.read(request)
    looking: bounded.Executor = request.state.looking
    contribution, is_new = await looking.run(_contributions(request).add, sent, told)
    response.status_code = 201 if is_new else 200
    return contribution


@router.get("/user-data")
def list_contributions(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-changed_at",
    person: Text = None,
    label: Annotated[int | None, fastapi.Query(ge=0, le=9)] = None,
    was_wrong: bool | None = None,
    sha256: Text = None,
) -> pages.Page[contracts.Contribution]:
    """What you have contributed, the newest first. Administrators see everybody's."""
    wanted = repository.Filter(person=person, label=label, was_wrong=was_wrong, sha256=sha256)
    items, total = _contributions(request).page(wanted, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.get("/user-data/{contribution_id}")
def get_contribution(request: fastapi.Request, contribution_id: Id) -> contracts.Contribution:
    """One contribution, without its file."""
    return _contributions(request).get(contribution_id)


@router.get(
    "/user-data/{contribution_id}/content",
    response_class=fastapi.Response,
    responses={200: {"content": {"image/png": {}, "image/jpeg": {}}}},
)
def read_content(request: fastapi.Request, contribution_id: Id) -> fastapi.Response:
    """The file as it was sent."""
    found = _contributions(request)
    contribution = found.get(contribution_id)
    content = b"".join(found.content(contribution))
    return fastapi.Response(content, media_type=contribution.media_type, headers=_SAFE)


@router.delete("/user-data/{contribution_id}", status_code=204)
def delete_contribution(request: fastapi.Request, contribution_id: Id) -> None:
    """Take it back. Versions of data sets that were made with it stay as they are."""
    _contributions(request).delete(contribution_id)
