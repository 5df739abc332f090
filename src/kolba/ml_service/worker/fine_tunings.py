"""A fine-tuning, on the worker's side: a version and two data sets in, another version out, and `production` moved
to it if the gate lets it pass."""

from __future__ import annotations

from kolba.contracts import datasets, models, reports, runs, storage_client
from kolba.inference import bundles
from kolba.ml_service.training.finetuning import job
from kolba.ml_service.worker import (
    delivery,
    fetching,
    places,
    processors,
    promotion,
    settings,
    trainings,
)


class FineTuning:
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
        self._parent: models.ModelDetail | None = None

    async def fetch(self, place: places.RunDirectory) -> None:
        """Raises `LeaseLost`, `RemoteProblem`, `FetchBrokeOff`."""
        assert self._run.dataset_id is not None
        parent = await self._fetch_parent()
        base = await self._dataset(parent.dataset_id)
        new = await self._dataset(self._run.dataset_id)
        await fetching.bundle(self._storage, parent, place.parent, self._config)
        await fetching.dataset(self._storage, base, place.base, self._config)
        await fetching.dataset(self._storage, new, place.data, self._config)
        asked = self._run.parameters
        job.save(
            job.Job(
                parent=job.Parent(
                    id=parent.id,
                    name=parent.name,
                    version=parent.version,
                    sha256=parent.bundle_sha256,
                ),
                base=trainings.info(base),
                new=trainings.info(new),
                family=parent.family,
                hyperparameters=asked["hyperparameters"],
                seed=asked["seed"],
                rules=trainings.rules(asked),
                gate=job.GateRules(**asked["gate"]),
                threads=self._config.torch_threads or processors.available(),
            ),
            place.tuning,
        )

    async def hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        """Raises `inference.errors.BadBundle`, `LeaseLost`, `RemoteProblem`."""
        assert self._parent is not None
        parent, move = self._parent, promotion.Promotion(self._storage, self._run, self._config)
        content = place.bundle.read_bytes()
        bundle = bundles.read(content)
        if trainings.name_of(self._run) == parent.name:
            await move.pin(parent.name)
        file = await trainings.upload(self._storage, content, self._run, self._config)
        made = trainings.described(
            self._run, bundle, file, seconds, dataset_id=parent.dataset_id
        ).model_copy(update={"parent_model_id": parent.id})
        model = await delivery.persist(
            lambda: self._storage.register_model(made, lease=self._token),
            patience_seconds=self._patience,
        )
        # An earlier attempt may have registered its own: what counts is what stands in the catalog.
        gate = reports.GatePart.model_validate(model.summary["gate"])
        outcome = await move.decide(parent, model, gate)
        result = {
            **trainings.result_of(model),
            "parent_model_id": parent.id,
            "parent_version": parent.version,
            "gate": gate.model_dump(mode="json", exclude={"promoted", "reason"}),
            "promoted": outcome.promoted,
            "reason": outcome.reason,
            "message": outcome.message,
        }
        return runs.Completion(token=self._token, model_id=model.id, result=result)

    async def _fetch_parent(self) -> models.ModelDetail:
        """Raises `LeaseLost`, `RemoteProblem`."""
        parent_id = int(self._run.parameters["parent_model_id"])
        self._parent = await delivery.persist(
            lambda: self._storage.model(parent_id), patience_seconds=self._patience
        )
        return self._parent

    async def _dataset(self, dataset_id: int) -> datasets.Dataset:
        return await delivery.persist(
            lambda: self._storage.dataset(dataset_id), patience_seconds=self._patience
        )
