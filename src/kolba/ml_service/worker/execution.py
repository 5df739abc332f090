"""One run, from what it reads to what it leaves: fetch, compute in a child, hand in."""

from __future__ import annotations

import asyncio
import errno
import pathlib
import shutil
import signal
import time
from collections.abc import Sequence
from typing import Any

import orjson
import structlog

from kolba.contracts import runs, storage_client
from kolba.kit import errors as kit_errors
from kolba.kit import text
from kolba.ml_service.worker import (
    assignments,
    checkpoints,
    children,
    delivery,
    errors,
    events,
    places,
    refusal,
    settings,
)

_log = structlog.get_logger("kolba.worker")
_OUTPUT_SHOWN = 4000


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
        self._claim = claim
        self._checkpoints = checkpoints.Checkpoints(
            claim,
            storage,
            patience_seconds=config.patience_seconds,
            tell=self._send,
            language=self._language,
        )
        self._sent = 0
        self.handing_in = False

    async def carry_out(self) -> runs.Completion:
        """The completion to report. Raises `Refused`, `delivery.LeaseLost`. Cancelling it ends the child."""
        place = places.RunDirectory(self._folder / self._key)
        try:
            place.path.mkdir()
            assignment = assignments.of(self._claim, self._storage, self._config)
            await assignment.fetch(place)
            await self._checkpoints.fetch(place)
            seconds = await self._compute(place)
            self.handing_in = True
            return await assignment.hand_in(place, seconds)
        except kit_errors.KolbaError as error:
            raise refusal.Refused(error.problem(self._language)) from error
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise refusal.Refused(kit_errors.StorageFull().problem(self._language)) from error
        finally:
            shutil.rmtree(place.path, ignore_errors=True)

    async def _compute(self, place: places.RunDirectory) -> float:
        """Compute in a child and send its events on. The seconds it took."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._config.max_run_seconds):
                code = await self._run_child(place)
        except TimeoutError:
            problem = errors.TookTooLong(limit_seconds=self._config.max_run_seconds)
            raise refusal.Refused(problem.problem(self._language)) from None
        seconds = time.monotonic() - started
        if code != 0:
            raise self._refusal(place, code)
        _log.info("computed", run_id=self._run.id, seconds=round(seconds, 3))
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
                await events.pump(child.events, self._send, lambda: self._checkpoints.keep(place))
                return await child.ended
            finally:
                self._nursery.kill(self._key)
        except errors.NurseryGone:
            raise refusal.Refused(self._killed("SIGKILL"), retry=True) from None

    async def _send(self, batch: Sequence[runs.EventData]) -> None:
        """Numbered, so that a batch whose answer was lost is kept once."""
        first = self._sent + 1
        await delivery.persist(
            lambda: self._storage.append_events(self._run.id, self._token, batch, first=first),
            patience_seconds=self._config.patience_seconds,
        )
        self._sent += len(batch)

    def _refusal(self, place: places.RunDirectory, code: int) -> refusal.Refused:
        """What to report of a child that ended with `code`: its own words, its signal, or what it printed last."""
        if code < 0:
            return refusal.Refused(self._killed(signal.Signals(-code).name), retry=True)
        if place.problem.exists():
            return refusal.Refused(orjson.loads(place.problem.read_bytes()))
        printed = (
            place.output.read_text("utf-8", "replace")[-_OUTPUT_SHOWN:]
            if place.output.exists()
            else ""
        )
        _log.error("a run broke", run_id=self._run.id, code=code, output=printed)
        last = printed.strip().rpartition("\n")[2][:300] or f"exit code {code}"
        return refusal.Refused(errors.Broke(reason=last).problem(self._language))

    def _killed(self, name: str) -> dict[str, Any]:
        return errors.Killed(signal=name).problem(self._language)


def _language(run: runs.Run) -> text.Language:
    return "ru" if run.parameters.get("language") == "ru" else "en"
