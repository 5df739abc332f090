"""One's own balance, and for administrators everybody's."""

from __future__ import annotations

from typing import Annotated, Any, cast

import fastapi
from starlette import responses

from kolba.contracts import pages
from kolba.kit import context, csv_files
from kolba.kit.http import bodies, disposition
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.audit import notes
from kolba.web_master.ledger.accounts import schemas, service
from kolba.web_master.people import errors as people_errors

router = bodies.router(tags=["credits"])
_OWN = [kit_requirements.needs(requirements.right("account"))]
_ANYBODYS = [kit_requirements.needs(requirements.right("credits"))]
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "The statement."}
}
_Transfers = Annotated[schemas.TransferQuery, fastapi.Query()]
_Period = Annotated[schemas.Period, fastapi.Query()]


def _service(request: fastapi.Request) -> service.Balances:
    return cast(service.Balances, request.state.balances)


@router.get("/balance", dependencies=_OWN)
async def read_balance(request: fastapi.Request) -> schemas.Balance:
    """One's own credits: the balance, what of it is held for runs under way, and what can be spent."""
    return await _service(request).of(_me())


@router.post("/balance/top-ups", status_code=201, dependencies=_OWN)
async def top_up_own(request: fastapi.Request, body: schemas.TopUp) -> schemas.Balance:
    """Top up for oneself, where the operator allows it (`ledger.top_up_provider`)."""
    notes.about("person", _me())
    notes.add(amount=body.amount)
    return await _service(request).top_up_own(_me(), body)


@router.get("/balance/transfers", dependencies=_OWN)
async def list_transfers(
    request: fastapi.Request, query: _Transfers
) -> pages.Page[schemas.Transfer]:
    """What came in and went out, the newest first."""
    return await _service(request).transfers(_me(), query)


@router.get(
    "/balance/statement",
    dependencies=_OWN,
    response_class=responses.StreamingResponse,
    responses=_CSV,
)
async def download_statement(
    request: fastapi.Request, query: _Period
) -> responses.StreamingResponse:
    """The transfers of a period as CSV, the oldest first, with the balance after each."""
    return _statement(request, _me(), query)


@router.get("/people/{name}/balance", dependencies=_ANYBODYS)
async def read_balance_of(request: fastapi.Request, name: str) -> schemas.Balance:
    """A person's credits."""
    return await _service(request).of(await _known(request, name))


@router.post("/people/{name}/top-ups", status_code=201, dependencies=_ANYBODYS)
async def top_up(request: fastapi.Request, name: str, body: schemas.TopUp) -> schemas.Balance:
    """Give a person credits."""
    notes.add(amount=body.amount)
    return await _service(request).top_up(await _known(request, name), body, by=_me())


@router.get("/people/{name}/balance/transfers", dependencies=_ANYBODYS)
async def list_transfers_of(
    request: fastapi.Request, name: str, query: _Transfers
) -> pages.Page[schemas.Transfer]:
    """What came in and went out of a person's account, the newest first."""
    return await _service(request).transfers(await _known(request, name), query)


@router.get(
    "/people/{name}/balance/statement",
    dependencies=_ANYBODYS,
    response_class=responses.StreamingResponse,
    responses=_CSV,
)
async def download_statement_of(
    request: fastapi.Request, name: str, query: _Period
) -> responses.StreamingResponse:
    """A person's transfers of a period as CSV, the oldest first, with the balance after each."""
    return _statement(request, await _known(request, name), query)


def _me() -> str:
    return context.current().person.name


async def _known(request: fastapi.Request, name: str) -> str:
    """The name of somebody there is. Raises `UnknownPerson`."""
    is_person = cast(service.IsPerson, request.state.is_person)
    if "\0" in name or not await is_person(name):
        raise people_errors.UnknownPerson(name=name[:64])
    return name


def _statement(
    request: fastapi.Request, name: str, query: schemas.Period
) -> responses.StreamingResponse:
    return responses.StreamingResponse(
        _service(request).statement(name, query.chosen()),
        media_type=csv_files.MEDIA_TYPE,
        headers={"Content-Disposition": disposition.header(f"statement-{name}.csv")},
    )
