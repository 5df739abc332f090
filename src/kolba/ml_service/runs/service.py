"""The rules of training runs: what is checked before one is queued, and how its events are followed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Any

from kolba.contracts import datasets, runs, storage_client, training
from kolba.kit import context, errors, identity
from kolba.ml_service.families import registry
from kolba.ml_service.training import errors as training_errors
from kolba.ml_service.training import job, targets, tasks

_RETRY_SECONDS = 0.5


class TrainingRuns:
    def __init__(
        self,
        storage: storage_client.StorageClient,
        families: registry.Registry,
        rules: job.Rules,
        target_names: Sequence[str],
    ) -> None:
        self._storage = storage
        self._families = families
        self._rules = rules
        self._target_names = tuple(target_names)

    async def start(
        self, request: training.TrainRequest, *, reference: str | None = None
    ) -> runs.Run:
        """Queue a training after everything that can be known beforehand was checked.

        With a `reference` that the person has given before, that run is answered.
        Raises `families.errors.UnknownFamily`, `InvalidHyperparameters`, `training.errors.Untrainable`, and
        `RemoteProblem` 404 for an unknown data set.
        """
        earlier = await self._storage.run_of(reference)
        if earlier is not None:
            return earlier
        chosen = self._families.find(request.model_type)
        registry.complete(chosen, request.hyperparameters)
        dataset, profile = await asyncio.gather(
            self._storage.dataset(request.dataset_id), self._storage.profile(request.dataset_id)
        )
        task = tasks.of(chosen, has_images=_has_images(dataset, request.features))
        hyperparameters = registry.complete(chosen, request.hyperparameters, task=task)
        folds = request.cross_validation_folds if task == "classification" else 1
        target = self._check(request, dataset, profile, folds)
        self._check_rows(chosen.least_rows(hyperparameters), dataset, request)
        return await self._storage.create_run(
            runs.RunCreate(
                kind="train",
                reference=reference,
                makes=runs.Makes(
                    kind="model",
                    name=request.name or dataset.name,
                    if_taken=request.if_taken or ("refuse" if request.name else "rename"),
                ),
                dataset_id=dataset.id,
                parameters=self._parameters(request, dataset, target),
            )
        )

    def _check(
        self,
        request: training.TrainRequest,
        dataset: datasets.Dataset,
        profile: datasets.Profile,
        folds: int,
    ) -> str:
        names = [column.name for column in dataset.columns]
        target = targets.choose(request.target, dataset.target, names, self._target_names)
        targets.check_features(request.features, target, names)
        column = next(one for one in profile.columns if one.name == target)
        targets.check(
            _facts(column, dataset.rows),
            rules=self._rules,
            folds=folds,
            test_size=request.test_size,
        )
        return target

    def _check_rows(
        self, needed: int, dataset: datasets.Dataset, request: training.TrainRequest
    ) -> None:
        available = int(dataset.rows * (1 - request.test_size))
        if available < needed:
            raise training_errors.untrainable(
                "hyperparameters",
                "these hyperparameters need {needed} training rows; the data set leaves {available}",
                "такие гиперпараметры требуют строк для обучения: {needed}; в наборе данных остаётся {available}",
                needed=needed,
                available=available,
            )

    def _parameters(
        self, request: training.TrainRequest, dataset: datasets.Dataset, target: str
    ) -> dict[str, Any]:
        """All that the result depends on, so that it can be had again a year later."""
        return {
            **request.model_dump(mode="json", exclude={"dataset_id", "if_taken"}),
            "target": target,
            "name": request.name or dataset.name,
            "rules": dataclasses.asdict(self._rules),
            "language": context.current().language,
        }

    async def cancel(self, run_id: int) -> runs.Run:
        """Ask for the run's end. Raises `RemoteProblem` 404 or 409."""
        return await self._storage.cancel_run(run_id)

    async def first_events(self, run_id: int, after: int) -> runs.EventList:
        """The events above `after` that there are now. Raises `RemoteProblem` 404."""
        return await self._storage.events(run_id, after=after)

    async def follow(
        self, run_id: int, first: runs.EventList, after: int, *, ping_seconds: float
    ) -> AsyncIterator[runs.Event | None]:
        """Every event above `after`, once and in order, until the run has ended; None after a quiet time.

        Storage going away is waited out. That the run is the person's is known from `first`: the service itself asks
        on, for the token they came with does not live as long as a training.
        """
        found: runs.EventList | None = first
        while True:
            for event in found.items if found else ():
                after = event.sequence
                yield event
            if found is not None and found.state.is_final and not found.items:
                return
            is_final = found is not None and found.state.is_final
            try:
                wait = 0.0 if is_final else ping_seconds
                with context.acting_as(identity.SYSTEM):
                    found = await self._storage.events(run_id, after=after, wait_seconds=wait)
            except (errors.ServiceUnavailable, errors.RemoteProblem) as error:
                if isinstance(error, errors.RemoteProblem) and error.remote_status < 500:
                    return
                found = None
                yield None
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if not found.items and not found.state.is_final:
                yield None


def _has_images(dataset: datasets.Dataset, features: Sequence[str] | None) -> bool:
    return any(
        one.type == "image" and (features is None or one.name in features)
        for one in dataset.columns
    )


def _facts(column: datasets.ColumnProfile, rows: int) -> targets.Facts:
    top = column.top_values or []
    is_whole = (
        len(top) == column.distinct
        and sum(one.count for one in top) == column.count - column.missing
    )
    return targets.Facts(
        name=column.name,
        kind=column.type,
        rows=rows,
        missing=column.missing,
        distinct=column.distinct,
        counts={one.value: one.count for one in top} if is_whole else None,
    )
