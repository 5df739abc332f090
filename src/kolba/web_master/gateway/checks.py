"""What is seen to before a request is handed on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from starlette import requests

from kolba.kit import context
from kolba.web_master.ledger.holds import following
from kolba.web_master.ledger.prices import quoting


async def settle_run(request: requests.Request, parts: Mapping[str, Any]) -> None:
    """What is held for a run is settled by how it ended, so that comes before it is forgotten."""
    follower = cast(following.Follower, request.state.hold_follower)
    await follower.settle_run(parts["run_id"])


async def check_download(request: requests.Request, parts: Mapping[str, Any]) -> None:
    """What answers for money is not given away."""
    prices = cast(quoting.PriceList, request.state.price_list)
    await prices.check_download(parts["model_id"], context.current().person)
