"""The rules of the digits' scenarios: what is collected, trained and fine-tuned where nobody says otherwise."""

from __future__ import annotations

from typing import Any

import pydantic

from kolba.contracts import datasets, ml_client, runs, scenarios, storage_client, training
from kolba.kit import context
from kolba.kit import errors as kit_errors
from kolba.web_master.digits import errors, settings
from kolba.web_master.history import service as history_service
from kolba.web_master.ledger.holds import service as holds_service
from kolba.web_master.ledger.prices import quoting
from kolba.web_master.ledger.prices import service as prices_service
from kolba.web_master.scenarios import catalogue, collecting


class Digits:
    def __init__(
        self,
        config: settings.DigitsSettings,
        *,
        history: history_service.History,
        collecting_: collecting.Collecting,
        storage: storage_client.StorageClient,
        ml: ml_client.MlClient,
        holds: holds_service.Holds,
        prices: prices_service.Prices,
        price_list: quoting.PriceList,
    ) -> None:
        self._config = config
        self._history = history
        self._collecting = collecting_
        self._storage = storage
        self._ml = ml
        self._holds = holds
        self._prices = prices
        self._price_list = price_list

    async def train(self, asked: scenarios.TrainDigits) -> scenarios.TrainingStarted:
        """Collects the digits where they are not yet, and puts the training into the queue; its price is held.

        Raises `NotEnoughCredits`, and what collecting and training raise.
        """
        async with self._history.recording(catalogue.TRAIN_DIGITS, _inputs(asked)) as entry:
            price = await self._prices.of_training()
            await self._holds.check(price)
            dataset_id = asked.dataset_id or await self._digits(asked.limit)
            run = await self._train(asked, dataset_id, price)
            entry.run_id, entry.goes_on = run.id, True
            entry.result = {"run_id": run.id, "dataset_id": dataset_id}
        return _started(run, dataset_id=dataset_id)

    async def fine_tune(self, asked: scenarios.FineTune) -> scenarios.TrainingStarted:
        """Collects what people contributed, and puts the fine-tuning into the queue; its price is held.

        Raises `TooFewContributions`, `NothingToFineTune`, `NotForDownload`, `NotEnoughCredits`, and what collecting
        raises.
        """
        async with self._history.recording(catalogue.FINE_TUNE, _inputs(asked)) as entry:
            price = await self._prices.of_fine_tuning()
            await self._holds.check(price)
            model_id = asked.model_id or await self._parent()
            await self._price_list.check_download(model_id, context.current().person)
            dataset_id = asked.dataset_id or await self._contributions()
            try:
                run = await self._fine_tune(asked, model_id, dataset_id, price)
            except kit_errors.RemoteProblem as error:
                if asked.dataset_id is None and error.remote_status < 500:
                    await self._storage.delete_dataset(dataset_id)
                raise
            if run.dataset_id not in (None, dataset_id):  # asked again: it was queued before
                if asked.dataset_id is None:
                    await self._storage.delete_dataset(dataset_id)
                dataset_id = run.dataset_id
            entry.run_id, entry.goes_on = run.id, True
            entry.result = {"run_id": run.id, "dataset_id": dataset_id, "parent_model_id": model_id}
        return _started(run, dataset_id=dataset_id, model_id=model_id)

    async def _train(self, asked: scenarios.TrainDigits, dataset_id: int, price: int) -> runs.Run:
        request = training.TrainRequest(
            dataset_id=dataset_id,
            model_type=asked.model_type,
            hyperparameters=asked.hyperparameters,
            name=asked.name or self._config.model,
            if_taken="refuse" if asked.name else "rename",
            promote_first=True,
            seed=asked.seed,
        )
        memo = f"{asked.model_type}, data set {dataset_id}"
        async with self._holds.holding("train", price, memo=memo) as held:
            run = await self._ml.train(request, reference=held.reference)
            held.run_id = run.id
        return run

    async def _fine_tune(
        self, asked: scenarios.FineTune, model_id: int, dataset_id: int, price: int
    ) -> runs.Run:
        request = training.FineTuneRequest(
            model_id=model_id,
            dataset_id=dataset_id,
            hyperparameters=asked.hyperparameters,
            seed=asked.seed,
            promote=asked.promote,
        )
        memo = f"model {model_id}, data set {dataset_id}"
        async with self._holds.holding("fine-tune", price, memo=memo) as held:
            run = await self._ml.fine_tune(request, reference=held.reference)
            held.run_id = run.id
        return run

    async def _digits(self, limit: int | None) -> int:
        """The newest data set that has just so much of the source; collected where there is none."""
        source = self._config.source
        rows = await self._collecting.rows(source)
        wanted = rows if limit is None else min(rows, limit)
        found = await self._storage.list_datasets(source=source, sort="-created_at", limit=100)
        fit = next((one for one in found.items if _is_whole(one, wanted)), None)
        return fit.id if fit is not None else await self._collect(source, limit)

    async def _contributions(self) -> int:
        """A new data set of all that was contributed."""
        source, least = self._config.contributions, self._config.least_contributions
        rows = await self._collecting.rows(source)
        if rows < least:
            raise errors.TooFewContributions(found=rows, least=least)
        return await self._collect(source, None)

    async def _collect(self, source: str, limit: int | None) -> int:
        asked = scenarios.CollectAndStore(
            source=source, limit=limit, batch_size=self._config.batch_size
        )
        return (await self._collecting.collect(asked)).dataset_id

    async def _parent(self) -> int:
        """The version in production, or the newest."""
        name = self._config.model
        try:
            return (await self._storage.resolve_model(name)).id
        except kit_errors.RemoteProblem as error:
            if error.remote_status != 404:
                raise
            raise errors.NothingToFineTune(model=name) from error


def _is_whole(dataset: datasets.Dataset, rows: int) -> bool:
    return dataset.rows == rows and any(column.type == "image" for column in dataset.columns)


def _inputs(asked: pydantic.BaseModel) -> dict[str, Any]:
    return {
        name: value for name, value in asked.model_dump(mode="json").items() if value is not None
    }


def _started(
    run: runs.Run, *, dataset_id: int, model_id: int | None = None
) -> scenarios.TrainingStarted:
    return scenarios.TrainingStarted(
        run_id=run.id,
        state=run.state.value,
        progress=f"/progress/{run.id}",
        run=f"/runs/{run.id}",
        dataset_id=dataset_id,
        model_id=model_id,
    )
