"""What a training has come to, kept in storage, so that the worker that takes the run up again goes on from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import structlog

from kolba.contracts import runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.worker import delivery, places

_log = structlog.get_logger("kolba.worker")
_KINDS = ("train", "fine-tune")
_TOO_LARGE = 413
_NOT_READ = text.Text(
    en="what an earlier attempt has kept cannot be read, so this one begins anew: {reason}",
    ru="сохранённое прошлой попыткой не читается, обучение начинается заново: {reason}",
)
_NOT_KEPT = text.Text(
    en="the checkpoint was not kept; if this worker is lost, the training begins anew: {reason}",
    ru="контрольная точка не сохранена; если этот исполнитель пропадёт, обучение начнётся заново: {reason}",
)
_LARGER = text.Text(
    en="its {size_bytes} bytes are more than storage's `runs.max_checkpoint_bytes`",
    ru="в ней {size_bytes} байт, больше чем `runs.max_checkpoint_bytes` хранилища",
)


class Checkpoints:
    """Of one claim. Without them a run only takes longer: that one cannot be kept or read ends no run.

    `tell` sends events of the run, whose person reads `language`.
    """

    def __init__(
        self,
        claim: runs.Claim,
        storage: storage_client.StorageClient,
        *,
        patience_seconds: float,
        tell: Callable[[Sequence[runs.EventData]], Awaitable[None]],
        language: text.Language,
    ) -> None:
        self._run = claim.run
        self._token = claim.token
        self._storage = storage
        self._patience = patience_seconds
        self._tell = tell
        self._language = language
        self._has_told = False

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
            await self._say(_NOT_READ, _reason(error))
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
            if self._has_told:  # each epoch has one, and all are as large
                return
            self._has_told = True
            is_larger = error.remote_status == _TOO_LARGE
            larger = _LARGER.render(self._language, size_bytes=len(content))
            await self._say(_NOT_KEPT, larger if is_larger else _reason(error))

    async def _say(self, what: text.Text, reason: str) -> None:
        message = what.render(self._language, reason=reason)
        await self._tell([runs.EventData(type="log", message=message)])


def _reason(error: kit_errors.RemoteProblem) -> str:
    return str(error.document.get("detail", error.remote_slug))
