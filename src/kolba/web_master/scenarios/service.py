"""The rules of the scenarios: what is asked of which service, in what order, and what is left behind."""

from __future__ import annotations

import contextlib
from typing import Any

import structlog

from kolba.contracts import (
    ml_client,
    runs,
    scenarios,
    storage_client,
    training,
)
from kolba.kit import context
from kolba.kit import errors as kit_errors
from kolba.web_master.history import cutting
from kolba.web_master.history import service as history_service
from kolba.web_master.idempotency import service as idempotency
from kolba.web_master.ledger.holds import service as holds_service
from kolba.web_master.ledger.prices import service as prices_service
from kolba.web_master.scenarios import catalogue, collecting

_ANSWERS_KEPT = 5
_log = structlog.get_logger("kolba.scenarios")


class Scenarios:
    def __init__(
        self,
        *,
        known: catalogue.Catalogue,
        history: history_service.History,
        collecting_: collecting.Collecting,
        storage: storage_client.StorageClient,
        ml: ml_client.MlClient,
        holds: holds_service.Holds,
        prices: prices_service.Prices,
        limits: cutting.Limits,
    ) -> None:
        self._known = known
        self._history = history
        self._collecting = collecting_
        self._storage = storage
        self._ml = ml
        self._holds = holds
        self._prices = prices
        self._limits = limits

    def describe(self) -> scenarios.ScenarioList:
        return self._known.describe(context.current().language)

    async def collect_and_store(self, asked: scenarios.CollectAndStore) -> scenarios.Collected:
        """One new version of a data set with all (or `limit`) rows of a source; on any failure, nothing."""
        async with self._history.recording(catalogue.COLLECT, _inputs(asked)) as entry:
            with idempotency.unrepeatable("storage"):
                collected = await self._collecting.collect(asked)
            entry.result = {
                "dataset_id": collected.dataset_id,
                "source": collected.dataset.source,
                "name": collected.dataset.name,
                "version": collected.dataset.version,
                "rows": collected.rows,
                "batches": collected.batches,
            }
        return collected

    async def train_model(self, asked: training.TrainRequest) -> scenarios.TrainingStarted:
        """Puts the training into the queue; the history's entry ends when the run does.

        Its price is held until then. Raises `NotEnoughCredits`.
        """
        async with self._history.recording(catalogue.TRAIN, _inputs(asked)) as entry:
            run = await self._train(asked)
            entry.run_id = run.id
            entry.goes_on = True
            entry.result = {"run_id": run.id}
        return scenarios.TrainingStarted(
            run_id=run.id,
            state=run.state.value,
            progress=f"/progress/{run.id}",
            run=f"/runs/{run.id}",
        )

    async def infer_model(self, asked: training.InferRequest) -> training.InferResponse:
        """Answers the rows, and records the inference as a run in storage; it is paid for last of all.

        Raises `NotEnoughCredits`, `AnswerNotPaid`.
        """
        async with (
            contextlib.AsyncExitStack() as paying,
            self._history.recording(catalogue.INFER, _inputs(asked)) as entry,
        ):
            await self._check_funds(asked.model_id)
            try:
                answer = await self._ml.infer(asked)
            except kit_errors.KolbaError as error:
                entry.run_id = await self._record_failure(asked, error)
                raise
            held = await paying.enter_async_context(await self._held_for(answer))
            run = await self._storage.create_run(self._run_of(asked, answer, held.reference))
            entry.run_id = run.id
            entry.result = {
                "run_id": run.id,
                "model_id": answer.model_id,
                "rows": len(answer.predictions),
            }
        return answer

    async def _train(self, asked: training.TrainRequest) -> runs.Run:
        price = await self._prices.of_training()
        memo = f"{asked.model_type}, data set {asked.dataset_id}"
        async with self._holds.holding("train", price, memo=memo) as held:
            run = await self._ml.train(asked, reference=held.reference)
            held.run_id = run.id
        return run

    async def _check_funds(self, model_id: int) -> None:
        """A model does not work for who cannot pay a single row. Raises `NotEnoughCredits`."""
        if await self._prices.has_any():
            model = await self._storage.model(model_id)
            await self._holds.check(await self._prices.of_model(model.name))

    async def _held_for(
        self, answer: training.InferResponse
    ) -> contextlib.AbstractAsyncContextManager[holds_service.Held]:
        """Pays for an answer that is about to be given."""
        price = len(answer.predictions) * await self._prices.of_model(answer.model)
        return self._holds.delivering(price, memo=f"{answer.model} {answer.version}")

    def _run_of(
        self,
        asked: training.InferRequest,
        answer: training.InferResponse,
        reference: str | None,
    ) -> runs.RunCreate:
        first = [row.model_dump(mode="json") for row in answer.predictions[:_ANSWERS_KEPT]]
        return runs.RunCreate(
            kind="infer",
            parameters=self._cut(asked),
            owner=context.current().person.name,
            model_id=asked.model_id,
            reference=reference,
            state=runs.State.SUCCEEDED,
            result={"rows": len(answer.predictions), "first": first, "version": answer.version},
        )

    async def _record_failure(
        self, asked: training.InferRequest, error: kit_errors.KolbaError
    ) -> int | None:
        """The failed run's id. Where even that cannot be recorded, the caller still hears of the first failure."""
        run = runs.RunCreate(
            kind="infer",
            parameters=self._cut(asked),
            owner=context.current().person.name,
            model_id=None if _is_unknown(error) else asked.model_id,
            state=runs.State.FAILED,
            error=error.problem(context.current().language),
        )
        try:
            return (await self._storage.create_run(run)).id
        except kit_errors.KolbaError as second:
            _log.warning("failed inference not recorded", reason=str(second))
            return None

    def _cut(self, asked: training.InferRequest) -> dict[str, Any]:
        kept: dict[str, Any] = cutting.cut(_inputs(asked), self._limits)
        return kept


def _is_unknown(error: kit_errors.KolbaError) -> bool:
    return isinstance(error, kit_errors.RemoteProblem) and error.remote_status == 404


def _inputs(
    asked: scenarios.CollectAndStore | training.TrainRequest | training.InferRequest,
) -> dict[str, Any]:
    return {
        name: value for name, value in asked.model_dump(mode="json").items() if value is not None
    }
