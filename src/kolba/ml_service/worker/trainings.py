"""A training, on the worker's side: a data set in, a model out."""

from __future__ import annotations

import dataclasses
from typing import Any

from kolba.contracts import datasets, files, models, runs, storage_client
from kolba.inference import bundles
from kolba.ml_service.training import job
from kolba.ml_service.worker import delivery, fetching, places, processors, promotion, settings


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
        job.save(_job(self._run, dataset, self._config.torch_threads), place.job)

    async def hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        """Raises `inference.errors.BadBundle`, `LeaseLost`, `RemoteProblem`."""
        content = place.bundle.read_bytes()
        bundle = bundles.read(content)
        file = await upload(self._storage, content, self._run, self._config)
        assert self._run.dataset_id is not None
        made = described(self._run, bundle, file, seconds, dataset_id=self._run.dataset_id)
        model = await delivery.persist(
            lambda: self._storage.register_model(made, lease=self._token),
            patience_seconds=self._patience,
        )
        result = result_of(model)
        if self._run.parameters.get("promote_first"):
            moving = promotion.Promotion(self._storage, self._run, self._config)
            result["promoted"] = await moving.first(model)
        return runs.Completion(token=self._token, model_id=model.id, result=result)


async def upload(
    storage: storage_client.StorageClient,
    content: bytes,
    run: runs.Run,
    config: settings.WorkerSettings,
) -> files.File:
    """A bundle as a file that is still to be registered. Raises `LeaseLost`, `RemoteProblem`."""
    name = f"{name_of(run)[:100]}.zip"
    return await delivery.persist(
        lambda: storage.create_file(content, name=name, media_type="application/zip"),
        patience_seconds=config.patience_seconds,
    )


def _job(run: runs.Run, dataset: datasets.Dataset, threads: int) -> job.Job:
    asked = run.parameters
    return job.Job(
        dataset=info(dataset),
        family=asked["model_type"],
        hyperparameters=asked["hyperparameters"],
        target=asked["target"],
        features=None if asked["features"] is None else tuple(asked["features"]),
        seed=asked["seed"],
        test_size=asked["test_size"],
        folds=asked["cross_validation_folds"],
        rules=rules(asked),
        threads=threads or processors.available(),
    )


def info(dataset: datasets.Dataset) -> job.DatasetInfo:
    return job.DatasetInfo(
        id=dataset.id,
        name=dataset.name,
        version=dataset.version,
        rows=dataset.rows,
        size_bytes=dataset.size_bytes,
        sha256=dataset.sha256,
        created_at=dataset.created_at.isoformat(),
        source=dataset.source,
    )


def rules(asked: dict[str, Any]) -> job.Rules:
    """Of the run's parameters."""
    found = asked["rules"]
    return job.Rules(**{**found, "codings": tuple(tuple(words) for words in found["codings"])})


def described(
    run: runs.Run, bundle: bundles.Bundle, file: files.File, seconds: float, *, dataset_id: int
) -> models.ModelCreate:
    """What is registered of a trained bundle, uploaded as `file`."""
    figures = {
        name: value for name, value in bundle.metrics["metrics"].items() if value is not None
    }
    return models.ModelCreate(
        name=name_of(run),
        family=run.parameters["model_type"],
        bundle_file_id=file.id,
        bundle_sha256=file.sha256,
        dataset_id=dataset_id,
        run_id=run.id,
        hyperparameters={one["name"]: one["value"] for one in bundle.metrics["hyperparameters"]},
        metrics={**figures, "training_seconds": round(seconds, 3)},
        signature=dataclasses.asdict(bundle.signature)
        | {"version": bundle.signature.to_json()["version"]},
        summary=bundle.metrics,
    )


def name_of(run: runs.Run) -> str:
    """What the model will be called."""
    return run.result_name or str(run.parameters["name"])


def result_of(model: models.Model) -> dict[str, Any]:
    return {
        "model_id": model.id,
        "model": model.name,
        "version": model.version,
        "metrics": model.metrics,
    }
