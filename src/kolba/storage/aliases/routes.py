"""`/aliases`."""

from __future__ import annotations

from typing import Annotated

import fastapi

from kolba.contracts import aliases as contracts
from kolba.contracts import names, pages
from kolba.kit.http import bodies
from kolba.storage.aliases import service

router = bodies.router(tags=["aliases"])
_PATH = "/aliases/{model}/{alias}"
Model = Annotated[names.Name, fastapi.Path(description="The model's name.")]
Alias = Annotated[contracts.AliasName, fastapi.Path()]


def _aliases(request: fastapi.Request) -> service.Aliases:
    found: service.Aliases = request.state.aliases
    return found


@router.get("/aliases")
def list_aliases(
    request: fastapi.Request,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "id",
    model: Annotated[names.Name | None, fastapi.Query()] = None,
) -> pages.Page[contracts.Alias]:
    items, total = _aliases(request).page(model=model, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.get(_PATH)
def get_alias(request: fastapi.Request, model: Model, alias: Alias) -> contracts.Alias:
    return _aliases(request).get(model, alias)


@router.put(_PATH)
def move_alias(
    request: fastapi.Request, model: Model, alias: Alias, move: contracts.AliasMove
) -> contracts.Alias:
    """Point the alias to a version of the model; a new alias is made."""
    return _aliases(request).move(model, alias, move)


@router.delete(_PATH, status_code=204)
def delete_alias(request: fastapi.Request, model: Model, alias: Alias) -> None:
    """Take it away; its history stays."""
    _aliases(request).take_away(model, alias)


@router.get(f"{_PATH}/history")
def list_changes(
    request: fastapi.Request,
    model: Model,
    alias: Alias,
    *,
    limit: pages.Limit = 50,
    offset: pages.Offset = 0,
    sort: str = "-id",
) -> pages.Page[contracts.AliasChange]:
    """Who moved it, when, from where, to where."""
    items, total = _aliases(request).history(model, alias, sort=sort, limit=limit, offset=offset)
    return pages.Page(items=items, total=total)


@router.post(f"{_PATH}/rollback")
def roll_back_alias(request: fastapi.Request, model: Model, alias: Alias) -> contracts.Alias:
    """Back to where it pointed before the last move; once more goes further back."""
    return _aliases(request).roll_back(model, alias)
