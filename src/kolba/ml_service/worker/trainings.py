"""A training, on the worker's side: a data set in, a model out."""

from __future__ import annotations

import dataclasses
from typing import Any

from kolba.contracts import datasets, models, runs, storage_client
from kolba.inference import bundles
from kolba.ml_service.training import job
from kolba.ml_service.worker import delivery, fetching, places, settings


class Training:
    def __init__(
        self,
        claim: runs.Claim,
        storage: storage_client.StorageClient,
        config: settings.WorkerSettings,
    ) -> None:
        self._run = claim.run
        self._token = claim.token
        self._storage = storage
        self._config = config
        self._patience = config.patience_seconds

    async def fetch(self, place: places.RunDirectory) -> None:
        """Raises `LeaseLost`, `RemoteProblem`, `FetchBrokeOff`."""
        assert self._run.dataset_id is not None
        dataset_id = self._run.dataset_id
        dataset = await delivery.persist(
            lambda: self._storage.dataset(dataset_id), patience_seconds=self._patience
        )
        await fetching.dataset(self._storage, dataset, place.data, self._config)
        job.save(_job(self._run, dataset), place.job)

    async def hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        """Raises `inference.errors.BadBundle`, `LeaseLost`, `RemoteProblem`."""
        content = place.bundle.read_bytes()
        bundle = bundles.read(content)
        name = f"{self._run.parameters['name'][:100]}.zip"
        file = await delivery.persist(
            lambda: self._storage.create_file(content, name=name, media_type="application/zip"),
            patience_seconds=self._patience,
        )
        made = _model(self._run, bundle, file.id, file.sha256, seconds)
        model = await delivery.persist(
            lambda: self._storage.register_model(made, lease=self._token),
            patience_seconds=self._patience,
        )
        return runs.Completion(token=self._token, model_id=model.id, result=_result(model))


def _job(run: runs.Run, dataset: datasets.Dataset) -> job.Job:
    asked = run.parameters
    rules = asked["rules"]
    return job.Job(
        dataset=job.DatasetInfo(
            id=dataset.id,
            name=dataset.name,
            version=dataset.version,
            rows=dataset.rows,
            size_bytes=dataset.size_bytes,
            sha256=dataset.sha256,
            created_at=dataset.created_at.isoformat(),
            source=dataset.source,
        ),
        family=asked["model_type"],
        hyperparameters=asked["hyperparameters"],
        target=asked["target"],
        features=None if asked["features"] is None else tuple(asked["features"]),
        seed=asked["seed"],
        test_size=asked["test_size"],
        folds=asked["cross_validation_folds"],
        rules=job.Rules(**{**rules, "codings": tuple(tuple(words) for words in rules["codings"])}),
    )


def _model(
    run: runs.Run, bundle: bundles.Bundle, file_id: int, sha256: str, seconds: float
) -> models.ModelCreate:
    assert run.dataset_id is not None
    figures = {
        name: value for name, value in bundle.metrics["metrics"].items() if value is not None
    }
    return models.ModelCreate(
        name=run.parameters["name"],
        family=run.parameters["model_type"],
        bundle_file_id=file_id,
        bundle_sha256=sha256,
        dataset_id=run.dataset_id,
        run_id=run.id,
        hyperparameters={one["name"]: one["value"] for one in bundle.metrics["hyperparameters"]},
        metrics={**figures, "training_seconds": round(seconds, 3)},
        signature=dataclasses.asdict(bundle.signature)
        | {"version": bundle.signature.to_json()["version"]},
        summary=bundle.metrics,
        owner=run.owner,
    )


def _result(model: models.Model) -> dict[str, Any]:
    return {
        "model_id": model.id,
        "model": model.name,
        "version": model.version,
        "metrics": model.metrics,
    }
