"""The list of prices as a person sees it, and what something would cost them."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from kolba.contracts import datasets, models, pages
from kolba.kit import identity
from kolba.web_master.ledger import errors
from kolba.web_master.ledger.accounts import service as accounts
from kolba.web_master.ledger.prices import repository, schemas, service


class Catalog(Protocol):
    """What storage shows to whoever asks."""

    async def dataset(self, dataset_id: int) -> datasets.Dataset: ...

    async def model(self, model_id: int) -> models.ModelDetail: ...

    async def list_models(self, **query: Any) -> pages.Page[models.Model]: ...


class PriceList:
    def __init__(
        self, prices: service.Prices, balances: accounts.Balances, catalog: Catalog
    ) -> None:
        self._prices = prices
        self._balances = balances
        self._catalog = catalog

    async def quote(self, asked: schemas.QuoteQuery, person: identity.Person) -> schemas.Quote:
        """Raises `RemoteProblem` 404 for a data set that this person may not see."""
        price = await self._price(asked)
        found = await self._balances.of(person.name)
        missing = max(0, price - found.available)
        return schemas.Quote(
            price=price,
            balance=found.balance,
            available=found.available,
            enough=missing == 0,
            missing=missing,
        )

    async def shown_to(self, person: identity.Person) -> schemas.PriceList:
        """All to an administrator; to others, those of the models they may see."""
        found = await self._prices.all()
        if not person.is_admin:
            found = [one for one in found if one.subject == "run" or await self._is_seen(one.name)]
        return schemas.PriceList(items=[_shown(one) for one in found])

    async def check_download(self, model_id: int, person: identity.Person) -> None:
        """What answers for money is not given away to those it is shared with: neither the model itself nor one that
        went on from it, which would be theirs. Raises `NotForDownload`."""
        if not await self._prices.has_any():
            return
        found = await self._catalog.model(model_id)
        if not person.may_change(found.owner) and await self._prices.of_model(found.name):
            raise errors.NotForDownload(name=found.name)

    async def set(
        self, subject: repository.Subject, name: str, price: int, *, by: str
    ) -> schemas.Price:
        return _shown(await self._prices.set(subject, name, price, by=by))

    async def remove(self, subject: repository.Subject, name: str) -> None:
        """Raises `errors.NoPrice`."""
        if not await self._prices.remove(subject, name):
            raise errors.NoPrice(name=name)

    async def _price(self, asked: schemas.QuoteQuery) -> int:
        if asked.kind == "fine-tune":
            return await self._prices.of_fine_tuning()
        if asked.kind == "train" or asked.model is None:
            return await self._prices.of_training()
        rows = asked.rows
        if rows is None and asked.dataset_id is not None:
            rows = (await self._catalog.dataset(asked.dataset_id)).rows
        count = 1 if rows is None else rows
        if asked.kind == "prediction":
            return count * await self._prices.of_model(asked.model)
        return await self._prices.of_batch(asked.model, count)

    async def _is_seen(self, model: str) -> bool:
        found = await self._catalog.list_models(name=model, limit=1)
        return found.total > 0


def _shown(found: repository.Price) -> schemas.Price:
    per: Literal["row", "run", "1000 rows"] = "row"
    if found.subject == "run":
        per = "1000 rows" if found.name == "predict-batch" else "run"
    return schemas.Price(
        subject=found.subject,
        name=found.name,
        price=found.price,
        per=per,
        set_at=found.set_at,
        set_by=found.set_by,
    )
