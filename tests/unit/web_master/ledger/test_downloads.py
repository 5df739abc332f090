"""A model whose answers are sold is not given away by its download."""

from __future__ import annotations

import types
from typing import Any, cast

import pytest

from kolba.kit import identity
from kolba.web_master.ledger import errors
from kolba.web_master.ledger.prices import quoting


class Prices:
    def __init__(self, **prices: int) -> None:
        self._prices = prices

    async def has_any(self) -> bool:
        return bool(self._prices)

    async def of_model(self, name: str) -> int:
        return self._prices.get(name, 0)


class Catalog:
    async def model(self, model_id: int) -> Any:
        return types.SimpleNamespace(name="titanic", owner="rosa")


def price_list(**prices: int) -> quoting.PriceList:
    return quoting.PriceList(cast(Any, Prices(**prices)), cast(Any, None), cast(Any, Catalog()))


CLIENT = identity.Person(name="cleo", groups=("client",))


async def test_who_it_is_only_shared_with_may_not_take_it_home() -> None:
    with pytest.raises(errors.NotForDownload):
        await price_list(titanic=1).check_download(7, CLIENT)


@pytest.mark.parametrize(
    "person",
    [identity.Person(name="rosa"), identity.Person(name="ada", groups=("admin",))],
    ids=["owner", "administrator"],
)
async def test_its_owner_and_administrators_may(person: identity.Person) -> None:
    await price_list(titanic=1).check_download(7, person)


@pytest.mark.parametrize("prices", [{}, {"other": 1}])
async def test_what_is_free_is_free(prices: dict[str, int]) -> None:
    await price_list(**prices).check_download(7, CLIENT)
