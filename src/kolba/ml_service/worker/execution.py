"""One run, from its data set to its model: fetch, compute in a child, hand in."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import hashlib
import pathlib
import shutil
import signal
import time
from typing import Any

import orjson
import structlog

from kolba.contracts import datasets, models, runs, storage_client
from kolba.inference import bundles
from kolba.inference import errors as inference_errors
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.training import job
from kolba.ml_service.worker import children, delivery, errors, events, places, settings

_log = structlog.get_logger("kolba.worker")
_OUTPUT_SHOWN = 4000


class Refused(Exception):
    """The run fails with `document`, a problem; `retry`: another attempt may go better."""

    def __init__(self, document: dict[str, Any], *, retry: bool = False) -> None:
        super().__init__(document.get("detail", ""))
        self.document = document
        self.retry = retry


class Execution:
    """Carries out one claim. `handing_in` is True once the result is being registered: it is too late to cancel."""

    def __init__(
        self,
        claim: runs.Claim,
        storage: storage_client.StorageClient,
        nursery: children.Nursery,
        config: settings.WorkerSettings,
        folder: pathlib.Path,
    ) -> None:
        self._run = claim.run
        self._token = claim.token
        self._storage = storage
        self._nursery = nursery
        self._config = config
        self._folder = folder
        self._key = f"{claim.run.id}-{claim.token[:8]}"
        self._language = _language(claim.run)
        self.handing_in = False

    async def carry_out(self) -> runs.Completion:
        """The completion to report. Raises `Refused`, `delivery.LeaseLost`. Cancelling it ends the child."""
        place = places.RunDirectory(self._folder / self._key)
        try:
            place.path.mkdir()
            dataset = await self._fetch(place)
            seconds = await self._compute(place, dataset)
            self.handing_in = True
            return await self._hand_in(place, seconds)
        except kit_errors.RemoteProblem as error:
            raise Refused(error.problem(self._language)) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise Refused(kit_errors.StorageFull().problem(self._language)) from error
        finally:
            shutil.rmtree(place.path, ignore_errors=True)

    async def _fetch(self, place: places.RunDirectory) -> datasets.Dataset:
        assert self._run.dataset_id is not None
        dataset_id = self._run.dataset_id
        dataset = await delivery.persist(lambda: self._storage.dataset(dataset_id))
        await delivery.persist(lambda: self._download(dataset, place.data))
        job.save(_job(self._run, dataset), place.job)
        return dataset

    async def _download(self, dataset: datasets.Dataset, path: pathlib.Path) -> None:
        digest = hashlib.sha256()
        async with self._storage.download_dataset(dataset.id) as chunks:
            with path.open("wb") as file:
                async for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
        if digest.hexdigest() != dataset.sha256:
            # Cut short on the way, or damaged at rest; both read as storage failing, and are tried again.
            raise kit_errors.ServiceUnavailable(service="storage")

    async def _compute(self, place: places.RunDirectory, dataset: datasets.Dataset) -> float:
        """Compute in a child and send its events on. The seconds it took."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.max_run_seconds):
                code = await self._run_child(place)
        except TimeoutError:
            problem = errors.TookTooLong(limit_seconds=self._config.max_run_seconds)
            raise Refused(problem.problem(self._language)) from None
        seconds = time.monotonic() - started
        if code != 0:
            raise self._refusal(place, code)
        _log.info("computed", run_id=self._run.id, seconds=round(seconds, 3), rows=dataset.rows)
        return seconds

    async def _run_child(self, place: places.RunDirectory) -> int:
        try:
            child = await self._nursery.start(
                self._key,
                str(place.path),
                max_bytes=self._config.max_run_bytes,
                language=self._language,
            )
            try:
                await events.pump(child.events, self._send)
                return await child.ended
            finally:
                self._nursery.kill(self._key)
        except errors.NurseryGone:
            raise Refused(self._killed("SIGKILL"), retry=True) from None

    async def _send(self, batch: Any) -> None:
        await delivery.persist(
            lambda: self._storage.append_events(self._run.id, self._token, batch)
        )

    def _refusal(self, place: places.RunDirectory, code: int) -> Refused:
        """What to report of a child that ended with `code`: its own words, its signal, or what it printed last."""
        if code < 0:
            return Refused(self._killed(signal.Signals(-code).name), retry=True)
        if place.problem.exists():
            return Refused(orjson.loads(place.problem.read_bytes()))
        printed = (
            place.output.read_text("utf-8", "replace")[-_OUTPUT_SHOWN:]
            if place.output.exists()
            else ""
        )
        _log.error("a run broke", run_id=self._run.id, code=code, output=printed)
        last = printed.strip().rpartition("\n")[2][:300] or f"exit code {code}"
        return Refused(errors.Broke(reason=last).problem(self._language))

    def _killed(self, name: str) -> dict[str, Any]:
        return errors.Killed(signal=name).problem(self._language)

    async def _hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        content = place.bundle.read_bytes()
        try:
            bundle = bundles.read(content)
        except inference_errors.BadBundle as error:
            raise Refused(error.problem(self._language)) from error
        name = f"{self._run.parameters['name'][:100]}.zip"
        file = await delivery.persist(
            lambda: self._storage.create_file(content, name=name, media_type="application/zip")
        )
        model = await self._register(_model(self._run, bundle, file.id, file.sha256, seconds))
        return runs.Completion(token=self._token, model_id=model.id, result=_result(model))

    async def _register(self, model: models.ModelCreate) -> models.Model:
        """Register the model, but once: an earlier attempt whose answer was lost is found again."""
        attempts = 0

        async def register() -> models.Model:
            nonlocal attempts
            attempts += 1
            if attempts > 1 or self._run.attempts > 1:
                earlier = await self._storage.list_models(run_id=self._run.id, limit=1)
                if earlier.items:
                    return earlier.items[0]
            return await self._storage.register_model(model)

        return await delivery.persist(register)


def _language(run: runs.Run) -> text.Language:
    return "ru" if run.parameters.get("language") == "ru" else "en"


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
