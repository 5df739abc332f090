"""Predictions, on the worker's side: over a data set, whose answers become another; and of one request."""

from __future__ import annotations

import datetime as dt
import pathlib
from collections.abc import AsyncIterator

from kolba.contracts import batch_predictions, datasets, models, runs, storage_client
from kolba.contracts import predictions as contracts
from kolba.inference import signature
from kolba.kit import text
from kolba.ml_service.predicting import errors, fitting, jobs
from kolba.ml_service.worker import delivery, fetching, places, settings

_PIECE_BYTES = 1 << 18
_DESCRIPTION = text.Text(
    en="Predictions of `{model}` {version} for `{dataset}`, version {dataset_version}{renamed}",
    ru="Прогнозы `{model}` {version} для `{dataset}`, версия {dataset_version}{renamed}",
)
_RENAMED = text.Text(
    en="; the answers are in `{column}`, for the data set has a column `prediction` itself",
    ru="; ответы в столбце `{column}`: столбец `prediction` в наборе данных уже есть",
)


class Batch:
    def __init__(
        self,
        claim: runs.Claim,
        storage: storage_client.StorageClient,
        asked: batch_predictions.BatchParameters,
        config: settings.WorkerSettings,
    ) -> None:
        self._run = claim.run
        self._held = storage_client.Held(run_id=claim.run.id, token=claim.token)
        self._storage = storage
        self._asked = asked
        self._config = config
        self._dataset: datasets.Dataset | None = None

    async def fetch(self, place: places.RunDirectory) -> None:
        """Raises `UnfitDataset`, `ModelGone`, `DatasetGone`, `LeaseLost`, `RemoteProblem`, `FetchBrokeOff`."""
        if self._run.dataset_id is None:
            raise errors.DatasetGone
        model = await _model(self._storage, self._run, self._config)
        dataset_id = self._run.dataset_id
        dataset = await delivery.persist(
            lambda: self._storage.dataset(dataset_id),
            patience_seconds=self._config.patience_seconds,
        )
        fitting.check(signature.from_json(model.signature), dataset)
        await fetching.bundle(self._storage, model, place.bundle, self._config)
        await fetching.dataset(self._storage, dataset, place.data, self._config)
        jobs.Batch(
            bundle_sha256=model.bundle_sha256,
            on_unknown=self._asked.on_unknown,
            threads=self._config.threads,
        ).save(place.batch)
        self._dataset = dataset

    async def hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        """Raises `LeaseLost`, `RemoteProblem`."""
        outcome = jobs.load_batch_outcome(place.outcome)
        stored = await delivery.persist(
            lambda: self._store(place.answers, outcome),
            patience_seconds=self._config.patience_seconds,
        )
        return runs.Completion(
            token=self._held.token,
            result={
                "dataset_id": stored.id,
                "name": stored.name,
                "rows": stored.rows,
                "seconds": round(seconds, 3),
                "model": self._asked.model,
                "version": self._asked.version,
                "prediction_column": outcome.prediction,
                "probability_columns": outcome.probabilities,
                "unknown_as_missing": outcome.unknown,
                "peak_bytes": outcome.peak_bytes,
            },
        )

    async def _store(self, answers: pathlib.Path, outcome: jobs.BatchOutcome) -> datasets.Dataset:
        return await self._storage.create_dataset(
            _pieces(answers),
            media_type=storage_client.PARQUET,
            name=self._run.result_name or self._asked.name,
            description=self._description(outcome),
            run=self._held,
        )

    def _description(self, outcome: jobs.BatchOutcome) -> str:
        assert self._dataset is not None
        language = self._asked.language
        is_renamed = outcome.prediction != "prediction"
        return _DESCRIPTION.render(
            language,
            model=self._asked.model,
            version=self._asked.version,
            dataset=self._dataset.name,
            dataset_version=self._dataset.version,
            renamed=_RENAMED.render(language, column=outcome.prediction) if is_renamed else "",
        )


class Request:
    def __init__(
        self,
        claim: runs.Claim,
        storage: storage_client.StorageClient,
        asked: batch_predictions.RequestParameters,
        config: settings.WorkerSettings,
    ) -> None:
        self._run = claim.run
        self._token = claim.token
        self._storage = storage
        self._asked = asked
        self._config = config

    async def fetch(self, place: places.RunDirectory) -> None:
        """Raises `ModelGone`, `LeaseLost`, `RemoteProblem`, `FetchBrokeOff`."""
        model = await _model(self._storage, self._run, self._config)
        await fetching.bundle(self._storage, model, place.bundle, self._config)
        jobs.Request(bundle_sha256=model.bundle_sha256, parameters=self._asked).save(place.request)

    async def hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        """Record the prediction, then hand in its answer. Raises `LeaseLost`, `RemoteProblem`."""
        outcome = jobs.load_request_outcome(place.outcome)
        document = self._record(outcome)
        await delivery.persist(
            lambda: self._storage.add_predictions(document),
            patience_seconds=self._config.patience_seconds,
        )
        return runs.Completion(token=self._token, result=outcome.result)

    def _record(self, outcome: jobs.RequestOutcome) -> bytes:
        queued = self._asked.prediction
        waited = dt.datetime.now(dt.UTC) - queued.at
        prediction = contracts.RecordedPrediction(
            **queued.model_dump(exclude={"input", "input_is_json"}),
            input=queued.recorded_input(),
            rows=outcome.rows,
            duration_ms=round(waited.total_seconds() * 1000, 3),
            output=outcome.output,
            images=outcome.images,
            pictures=outcome.pictures,
        )
        return contracts.PredictionBatch(predictions=[prediction]).model_dump_json().encode()


async def _model(
    storage: storage_client.StorageClient, run: runs.Run, config: settings.WorkerSettings
) -> models.ModelDetail:
    if run.model_id is None:
        raise errors.ModelGone
    model_id = run.model_id
    return await delivery.persist(
        lambda: storage.model(model_id), patience_seconds=config.patience_seconds
    )


async def _pieces(path: pathlib.Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
