"""What each kind of run asks of a worker."""

from __future__ import annotations

from typing import Protocol

from kolba.contracts import batch_predictions, runs, storage_client
from kolba.ml_service.worker import fine_tunings, places, predictions, settings, trainings

KINDS: list[runs.Kind] = ["train", "fine-tune", "predict"]


class Assignment(Protocol):
    """One claim, before and after a child computes."""

    async def fetch(self, place: places.RunDirectory) -> None:
        """Leave in `place` what the child needs. Raises `LeaseLost`, and a `KolbaError` that the run fails with."""
        ...

    async def hand_in(self, place: places.RunDirectory, seconds: float) -> runs.Completion:
        """Register what the child left, but once, also where an earlier attempt has. Raises as `fetch`."""
        ...


def of(
    claim: runs.Claim, storage: storage_client.StorageClient, config: settings.WorkerSettings
) -> Assignment:
    if claim.run.kind == "fine-tune":
        return fine_tunings.FineTuning(claim, storage, config)
    if claim.run.kind != "predict":
        return trainings.Training(claim, storage, config)
    asked = batch_predictions.AnyParameters.validate_python(claim.run.parameters)
    if isinstance(asked, batch_predictions.RequestParameters):
        return predictions.Request(claim, storage, asked, config)
    return predictions.Batch(claim, storage, asked, config)
