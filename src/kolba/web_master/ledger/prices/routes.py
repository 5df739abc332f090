"""Prices: an administrator sets them, everybody sees those of the models they see, and can ask what something costs."""

from __future__ import annotations

from typing import Annotated, cast

import fastapi

from kolba.contracts import names
from kolba.kit import context
from kolba.kit.http import bodies
from kolba.kit.http import requirements as kit_requirements
from kolba.web_master.access import requirements
from kolba.web_master.audit import notes
from kolba.web_master.ledger.prices import quoting, schemas

router = bodies.router(tags=["credits"])
_READING = [kit_requirements.needs(requirements.right("account"))]
_SETTING = [kit_requirements.needs(requirements.right("prices"))]
_ModelName = Annotated[names.Name, fastapi.Path()]


def _service(request: fastapi.Request) -> quoting.PriceList:
    return cast(quoting.PriceList, request.state.price_list)


@router.get("/quote", dependencies=_READING)
async def quote(
    request: fastapi.Request, query: Annotated[schemas.QuoteQuery, fastapi.Query()]
) -> schemas.Quote:
    """What something would cost, and whether one's credits are enough for it. Nothing is set aside."""
    return await _service(request).quote(query, context.current().person)


@router.get("/prices", dependencies=_READING)
async def list_prices(request: fastapi.Request) -> schemas.PriceList:
    """What costs something: kinds of runs, and the models one may see."""
    return await _service(request).shown_to(context.current().person)


@router.put("/prices/models/{name}", dependencies=_SETTING)
async def set_model_price(
    request: fastapi.Request, name: _ModelName, body: schemas.NewPrice
) -> schemas.Price:
    """What each row costs that this model answers, in whatever version and way."""
    notes.add(price=body.price)
    return await _service(request).set("model", name, body.price, by=context.current().person.name)


@router.delete("/prices/models/{name}", status_code=204, dependencies=_SETTING)
async def remove_model_price(request: fastapi.Request, name: _ModelName) -> None:
    """Make the model free."""
    await _service(request).remove("model", name)


@router.put("/prices/runs/{kind}", dependencies=_SETTING)
async def set_run_price(
    request: fastapi.Request, kind: schemas.RunKind, body: schemas.NewPrice
) -> schemas.Price:
    """What each training (`train`) or fine-tuning (`fine-tune`) costs, or every 1,000 rows begun of a batch prediction
    (`predict-batch`), in addition to what its rows cost."""
    notes.add(price=body.price)
    return await _service(request).set("run", kind, body.price, by=context.current().person.name)


@router.delete("/prices/runs/{kind}", status_code=204, dependencies=_SETTING)
async def remove_run_price(request: fastapi.Request, kind: schemas.RunKind) -> None:
    """Make runs of this kind free."""
    await _service(request).remove("run", kind)
