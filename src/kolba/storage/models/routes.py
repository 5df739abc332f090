"""`/models`."""

from __future__ import annotations

from typing import Annotated

import fastapi
import pydantic
from starlette import responses

from kolba.contracts import models as contracts
from kolba.contracts import names, pages, storage_client
from kolba.kit.http import bodies
from kolba.storage.catalog import downloads
from kolba.storage.models import repository, service

router = bodies.router(tags=["models"])
Text = Annotated[str | None, fastapi.Query(max_length=255)]
OtherId = Annotated[int | None, fastapi.Query(ge=1, lt=2**63)]
Reference = Annotated[
    str, pydantic.StringConstraints(min_length=1, max_length=96, pattern=r"^[^\x00]*$")
]


def _models(request: fastapi.Request) -> service.Models:
    found: service.Models = request.state.models
    return found


@router.post("/models", status_code=201)
def register_model(
    request: fastapi.Request,
    model: contracts.ModelCreate,
    lease: Annotated[str, fastapi.Header(alias=storage_client.LEASE_HEADER, max_length=200)] = "",
) -> contracts.ModelDetail:
    """Register an uploaded bundle; its version is named here.

    With `run_id` it is the result of a run, from the worker that holds its lease.
    """
    return _models(request).register(model, lease=lease)


@router.get("/models")
def list_models(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-created_at",
    name: Text = None,
    version: Text = None,
    family: Text = None,
    owner: Text = None,
    shared_with: Text = None,
    dataset_id: OtherId = None,
    run_id: OtherId = None,
    parent_model_id: OtherId = None,
) -> pages.Page[contracts.Model]:
    wanted = repository.Filter(
        name=name,
        version=version,
        family=family,
        owner=owner,
        shared_with=shared_with,
        dataset_id=dataset_id,
        run_id=run_id,
        parent_model_id=parent_model_id,
    )
    items, total = _models(request).page(wanted, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.get("/models/resolve")
def resolve_model(
    request: fastapi.Request,
    name: Annotated[names.Name, fastapi.Query()],
    reference: Annotated[Reference | None, fastapi.Query()] = None,
) -> contracts.ModelDetail:
    """The version that `reference` (an alias, or a version's name) means; without one `production`, or the newest."""
    return _models(request).resolve(name, reference)


@router.get("/models/{model_id}")
def get_model(request: fastapi.Request, model_id: downloads.Id) -> contracts.ModelDetail:
    return _models(request).get(model_id)


@router.patch("/models/{model_id}")
def change_model(
    request: fastapi.Request, model_id: downloads.Id, change: contracts.ModelChange
) -> contracts.ModelDetail:
    """How it is described and who else sees and uses it. Its data set is not shared with it."""
    return _models(request).change(model_id, change)


@router.delete("/models/{model_id}", status_code=204)
def delete_model(request: fastapi.Request, model_id: downloads.Id) -> None:
    """With its bundle. Refused with the list while an unfinished run uses it."""
    _models(request).delete(model_id)


@router.get("/models/{model_id}/download", response_class=responses.StreamingResponse)
def download_model(request: fastapi.Request, model_id: downloads.Id) -> responses.StreamingResponse:
    """The bundle."""
    found = _models(request)
    model = found.get(model_id)
    return downloads.stream(
        found.download(model),
        media_type="application/zip",
        filename=f"{model.name}-{model.version}.zip",
        size_bytes=model.bundle_size_bytes,
    )
