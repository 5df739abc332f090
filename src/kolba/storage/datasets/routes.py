"""`/datasets` and `POST /upload/dataset`."""

from __future__ import annotations

import pathlib
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import fastapi
from starlette import concurrency, responses

from kolba.contracts import datasets as contracts
from kolba.contracts import names, pages, storage_client
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.kit.http import bodies
from kolba.storage.catalog import downloads
from kolba.storage.catalog import errors as catalog_errors
from kolba.storage.datasets import errors, forms, repository, service

router = bodies.router(tags=["datasets"])
Name = Annotated[names.Name, fastapi.Query(description="What the data set is called.")]
Target = Annotated[str | None, fastapi.Query(max_length=256)]
Text = Annotated[str | None, fastapi.Query(max_length=255)]
IfTaken = Annotated[
    names.IfTaken,
    fastapi.Query(description="What to do where the name belongs to another person."),
]
Description = Annotated[str, fastapi.Query(max_length=4000)]
_BODIES = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}
_FORMS: dict[str, Literal["arrow", "parquet"]] = {
    storage_client.ARROW: "arrow",
    storage_client.PARQUET: "parquet",
}


def _datasets(request: fastapi.Request) -> service.Datasets:
    found: service.Datasets = request.state.datasets
    return found


@router.post(
    "/upload/dataset", status_code=201, max_body_size=downloads.UNBOUNDED, openapi_extra=_BODIES
)
async def upload_dataset(
    request: fastapi.Request,
    name: Annotated[names.Name | None, fastapi.Query()] = None,
    target: Target = None,
    description: Description = "",
    if_taken: IfTaken = "refuse",
) -> contracts.Dataset:
    """Keep a CSV as a new version of a data set.

    Its delimiter, encoding, quotes, missing values and types are found out, and reported in `ingest`.
    """
    media_type = request.headers.get("content-type", "")
    chunks: AsyncIterator[bytes] = request.stream()
    form: forms.FileField | None = None
    if media_type.lower().startswith("multipart/form-data"):
        form = forms.FileField(chunks, media_type)
        chunks = aiter(form)

    def find_label() -> service.Label:
        return service.Label(
            name=name or _name_of(form.filename if form else None),
            target=target,
            description=description,
            # A file's name was not chosen for the data set.
            if_taken=if_taken if name else "rename",
        )

    if form is None and name is None:
        raise errors.NamelessUpload
    if name is not None and if_taken == "refuse":
        await concurrency.run_in_threadpool(_datasets(request).check_name, name)
    return await _datasets(request).create(
        chunks,
        form="csv",
        find_label=find_label,
        announced_bytes=downloads.announced_bytes(request),
    )


@router.post("/datasets", status_code=201, max_body_size=downloads.UNBOUNDED)
async def create_dataset(
    request: fastapi.Request,
    *,
    name: Name,
    target: Target = None,
    source: Text = None,
    description: Description = "",
    if_taken: IfTaken = "refuse",
    run_id: Annotated[int | None, fastapi.Query(ge=1, lt=2**63)] = None,
    lease: Annotated[str, fastapi.Header(alias=storage_client.LEASE_HEADER, max_length=200)] = "",
) -> contracts.Dataset:
    """Keep a table that comes with its types: Arrow streams (one or several, one after another) or a Parquet file.

    With `run_id` it is the result of a run, from the worker that holds its lease.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in _FORMS:
        expected = " / ".join(_FORMS) + "; CSV → POST /upload/dataset"
        raise catalog_errors.WrongMediaType(given=given[:100], expected=expected)
    if run_id is None and if_taken == "refuse":
        await concurrency.run_in_threadpool(_datasets(request).check_name, name)
    label = service.Label(
        name=name, target=target, description=description, source=source, if_taken=if_taken
    )
    return await _datasets(request).create(
        request.stream(),
        form=_FORMS[given],
        find_label=lambda: label,
        announced_bytes=downloads.announced_bytes(request),
        origin=None if run_id is None else service.Origin(run_id=run_id, token=lease),
    )


@router.get("/datasets")
def list_datasets(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-created_at",
    name: Text = None,
    version: Annotated[int | None, fastapi.Query(ge=1, lt=2**31)] = None,
    owner: Text = None,
    shared_with: Text = None,
    source: Text = None,
    sha256: Text = None,
    run_id: Annotated[int | None, fastapi.Query(ge=1, lt=2**63)] = None,
) -> pages.Page[contracts.Dataset]:
    wanted = repository.Filter(
        name=name,
        version=version,
        owner=owner,
        shared_with=shared_with,
        source=source,
        sha256=sha256,
        run_id=run_id,
    )
    items, total = _datasets(request).page(wanted, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.get("/datasets/{dataset_id}")
def get_dataset(request: fastapi.Request, dataset_id: downloads.Id) -> contracts.Dataset:
    return _datasets(request).get(dataset_id)


@router.patch("/datasets/{dataset_id}")
def change_dataset(
    request: fastapi.Request, dataset_id: downloads.Id, change: contracts.DatasetChange
) -> contracts.Dataset:
    """How it is described and who else sees it; its data never changes."""
    return _datasets(request).change(dataset_id, change)


@router.delete("/datasets/{dataset_id}", status_code=204)
def delete_dataset(request: fastapi.Request, dataset_id: downloads.Id) -> None:
    """Refused with the list while a model or an unfinished run depends on it."""
    _datasets(request).delete(dataset_id)


@router.get("/datasets/{dataset_id}/profile")
def profile_dataset(request: fastapi.Request, dataset_id: downloads.Id) -> contracts.Profile:
    """What each column is like."""
    return _datasets(request).profile(dataset_id)


@router.get("/datasets/{dataset_id}/preview")
def preview_dataset(
    request: fastapi.Request,
    dataset_id: downloads.Id,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
) -> contracts.Preview:
    """Some rows."""
    return _datasets(request).preview(dataset_id, offset=offset, limit=limit)


@router.get("/datasets/{dataset_id}/download", response_class=responses.StreamingResponse)
def download_dataset(
    request: fastapi.Request,
    dataset_id: downloads.Id,
    form: Annotated[Literal["csv", "parquet"], fastapi.Query(alias="format")] = "csv",
) -> responses.StreamingResponse:
    """The whole table."""
    found = _datasets(request)
    dataset = found.get(dataset_id)
    media_type = "text/csv; charset=utf-8" if form == "csv" else storage_client.PARQUET
    return downloads.stream(
        found.download(dataset, form),
        media_type=media_type,
        filename=f"{dataset.name}-v{dataset.version}.{form}",
        size_bytes=dataset.size_bytes if form == "parquet" else None,
    )


def _name_of(filename: str | None) -> str:
    """The data set's name after the file's, without its ending. Raises `NamelessUpload`, `InvalidInput`."""
    if not filename:
        raise errors.NamelessUpload
    try:
        return names.check_name(pathlib.PurePosixPath(names.check_name(filename)).stem)
    except ValueError as error:
        message = text.Text(en=str(error), ru=str(error))
        fault = kit_errors.FieldError(field="file.filename", message=message)
        raise kit_errors.InvalidInput(fields=[fault]) from None
