"""The rules of fine-tuning: what is checked before one is queued."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

from kolba.contracts import datasets, models, runs, storage_client, training
from kolba.inference import bundles, signature
from kolba.kit import context
from kolba.ml_service.families import registry
from kolba.ml_service.training import errors, job, targets
from kolba.ml_service.training.finetuning import checking
from kolba.ml_service.training.finetuning import job as tuning

_MOST_LOOKED_INTO = 64_000_000
"""A larger bundle is looked into in the run only."""


class FineTuning:
    def __init__(
        self,
        storage: storage_client.StorageClient,
        families: registry.Registry,
        rules: job.Rules,
        gate: tuning.GateRules,
    ) -> None:
        self._storage = storage
        self._families = families
        self._rules = rules
        self._gate = gate

    async def start(
        self, request: training.FineTuneRequest, *, reference: str | None = None
    ) -> runs.Run:
        """Queue a fine-tuning after everything that can be known beforehand was checked.

        With a `reference` that the person has given before, that run is answered.
        Raises `families.errors.NotTunable`, `InvalidHyperparameters`, `training.errors.Untrainable`, and
        `RemoteProblem` 404 for an unknown model or data set, 403 for a name that is another's.
        """
        earlier = await self._storage.run_of(reference)
        if earlier is not None:
            return earlier
        parent, dataset = await asyncio.gather(
            self._storage.model(request.model_id), self._storage.dataset(request.dataset_id)
        )
        chosen = self._families.find(parent.family)
        registry.complete_tuning(chosen, request.hyperparameters)
        await self._check_parent(parent)
        _check_dataset(dataset, signature.from_json(parent.signature).target)
        return await self._storage.create_run(
            runs.RunCreate(
                kind="fine-tune",
                reference=reference,
                makes=runs.Makes(
                    kind="model",
                    name=request.name or parent.name,
                    if_taken="refuse" if request.name else "rename",
                ),
                dataset_id=dataset.id,
                model_id=parent.id,
                parameters=self._parameters(request, parent),
            )
        )

    async def _check_parent(self, parent: models.ModelDetail) -> None:
        """Raises `errors.Untrainable` where nothing can go on from it, `inference.errors.BadBundle`."""
        if parent.bundle_size_bytes > _MOST_LOOKED_INTO:
            return
        content = await self._storage.download_model(parent.id)
        bundle = await asyncio.to_thread(bundles.read, content, sha256=parent.bundle_sha256)
        checking.check_parent(bundle, parent.version)

    def _parameters(
        self, request: training.FineTuneRequest, parent: models.ModelDetail
    ) -> dict[str, Any]:
        """All that the result depends on, so that it can be had again a year later."""
        return {
            **request.model_dump(mode="json", exclude={"dataset_id", "model_id"}),
            "parent_model_id": parent.id,
            "parent_version": parent.version,
            "model_type": parent.family,
            "name": request.name or parent.name,
            "rules": dataclasses.asdict(self._rules),
            "gate": dataclasses.asdict(self._gate),
            "language": context.current().language,
        }


def _check_dataset(dataset: datasets.Dataset, target: str) -> None:
    """Raises `errors.Untrainable`."""
    names = [column.name for column in dataset.columns]
    if not any(column.type == "image" for column in dataset.columns):
        raise errors.untrainable(
            "dataset_id",
            "the data set has no image column; it has {names}",
            "в наборе данных нет столбца с изображениями; есть {names}",
            names=", ".join(names[:30]),
        )
    if target not in names:
        raise targets.unknown_column("dataset_id", target, names)
