"""What a training has come to, kept in storage, so that the worker that takes the run up again goes on from there."""

from __future__ import annotations

import structlog

from kolba.contracts import runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.ml_service.worker import delivery, places

_log = structlog.get_logger("kolba.worker")
_KINDS = ("train", "fine-tune")


class Checkpoints:
    """Of one claim. Without them a run only takes longer: that one cannot be kept or read ends no run."""

    def __init__(
        self, claim: runs.Claim, storage: storage_client.StorageClient, *, patience_seconds: float
    ) -> None:
        self._run = claim.run
        self._token = claim.token
        self._storage = storage
        self._patience = patience_seconds

    async def fetch(self, place: places.RunDirectory) -> None:
        """Leave in `place` what an earlier attempt has kept, if there was one. Raises `LeaseLost`.

        It is always asked for: a run that was given back has no attempt counted.
        """
        if self._run.kind not in _KINDS:
            return
        try:
            content = await delivery.persist(
                lambda: self._storage.checkpoint(self._run.id, self._token),
                patience_seconds=self._patience,
            )
        except kit_errors.RemoteProblem as error:
            _log.warning("a checkpoint cannot be read", run_id=self._run.id, reason=str(error))
            return
        if content is not None:
            place.earlier.write_bytes(content)

    async def keep(self, place: places.RunDirectory) -> None:
        """Hand on what the child has left last. Raises `LeaseLost`."""
        content = place.checkpoint.read_bytes()
        try:
            await delivery.persist(
                lambda: self._storage.put_checkpoint(self._run.id, self._token, content),
                patience_seconds=self._patience,
            )
        except kit_errors.RemoteProblem as error:
            _log.warning("a checkpoint was not kept", run_id=self._run.id, reason=str(error))
