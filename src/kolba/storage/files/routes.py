"""`/files`."""

from __future__ import annotations

from typing import Annotated

import fastapi
from starlette import responses

from kolba.contracts import files as contracts
from kolba.contracts import names, pages
from kolba.kit.http import bodies
from kolba.storage.catalog import downloads
from kolba.storage.files import repository, service

router = bodies.router(tags=["files"])
Text = Annotated[str | None, fastapi.Query(max_length=255)]
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _files(request: fastapi.Request) -> service.Files:
    found: service.Files = request.state.files
    return found


@router.post("/files", status_code=201, max_body_size=downloads.UNBOUNDED, openapi_extra=_BODY)
async def create_file(
    request: fastapi.Request,
    name: Annotated[names.Name, fastapi.Query(description="What the file is called.")],
) -> contracts.File:
    """Keep the body under its hash."""
    media_type = request.headers.get("content-type", "application/octet-stream")[:255]
    return await _files(request).create(
        request.stream(),
        name=name,
        media_type=media_type,
        announced_bytes=downloads.announced_bytes(request),
    )


@router.get("/files")
def list_files(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-created_at",
    name: Text = None,
    owner: Text = None,
    shared_with: Text = None,
    media_type: Text = None,
    sha256: Text = None,
) -> pages.Page[contracts.File]:
    wanted = repository.Filter(
        name=name, owner=owner, shared_with=shared_with, media_type=media_type, sha256=sha256
    )
    items, total = _files(request).page(wanted, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.get("/files/{file_id}")
def get_file(request: fastapi.Request, file_id: downloads.Id) -> contracts.File:
    return _files(request).get(file_id)


@router.patch("/files/{file_id}")
def change_file(
    request: fastapi.Request, file_id: downloads.Id, change: contracts.FileChange
) -> contracts.File:
    """What it is called and who else sees it; its bytes never change."""
    return _files(request).change(file_id, change)


@router.delete("/files/{file_id}", status_code=204)
def delete_file(request: fastapi.Request, file_id: downloads.Id) -> None:
    """Refused with the list while it is the bundle of a model."""
    _files(request).delete(file_id)


@router.get("/files/{file_id}/download", response_class=responses.StreamingResponse)
def download_file(request: fastapi.Request, file_id: downloads.Id) -> responses.StreamingResponse:
    found = _files(request)
    file = found.get(file_id)
    return downloads.stream(
        found.download(file),
        media_type="application/octet-stream",
        filename=file.name,
        size_bytes=file.size_bytes,
    )
