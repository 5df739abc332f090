"""Which version answers: the one an alias means, fetched by its hash, and followed when the alias moves."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING

import structlog

from kolba.contracts import models, storage_client
from kolba.inference import errors as inference_errors
from kolba.kit import context, identity
from kolba.kit import errors as kit_errors
from kolba.pipeline import errors, journal
from kolba.pipeline.model import loader

if TYPE_CHECKING:  # loaded with the first model
    from kolba.pipeline.model import network

_log = structlog.get_logger("kolba.pipeline")
_FIRST_PAUSE_SECONDS = 0.5
_MISSING_SECONDS = 0.2
"""Where there is no version, storage is asked no more often, however many images come."""
_FIRST_WAIT_SECONDS = 5.0
"""So long a request waits for a model of which storage has just said that it is there."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A version in memory."""

    name: str
    version: str
    model_id: int
    sha256: str
    network: network.Network
    since: float
    """Seconds since 1970."""


class Follower:
    """Keeps the version that `alias` of `name` means. The next is loaded and warm before the former goes.

    Storage being away changes nothing; a bundle that is refused neither, and is said in the log and at `/health`.
    """

    def __init__(
        self,
        storage: storage_client.StorageClient,
        kept: journal.Journal,
        *,
        name: str,
        alias: str,
        fresh_seconds: float,
        idle_seconds: float,
        max_bytes: int,
        batch: int,
    ) -> None:
        self._storage = storage
        self._journal = kept
        self._name = name
        self._alias = alias
        self._fresh_seconds = fresh_seconds
        self._idle_seconds = idle_seconds
        self._max_bytes = max_bytes
        self._batch = batch
        self._served: Served | None = None
        self._looking: asyncio.Task[None] | None = None
        self._looked_at = float("-inf")
        self._refused: tuple[str, str] | None = None
        """The SHA-256 of a bundle that cannot be served, and why."""
        self.trouble: str | None = None
        """Why the version that is meant does not answer, where one is."""

    @property
    def served(self) -> Served | None:
        return self._served

    def current(self) -> Served:
        """The version that answers. Raises `errors.NoModelYet`."""
        if self._served is None:
            raise errors.NoModelYet(model=self._name, alias=self._alias)
        return self._served

    def why_not(self) -> str | None:
        """Why images are not to be sent here yet. Who asks this waits for a version, too: it is looked for."""
        if self._served is not None:
            return None
        if time.monotonic() - self._looked_at > self._fresh_seconds:
            self._look_once()
        return "no model yet"

    async def asked(self) -> None:
        """Somebody wants an answer: time to see whether the alias has moved. Waits only where there is no version."""
        age = time.monotonic() - self._looked_at
        if self._served is not None:
            if age > self._fresh_seconds:
                self._look_once()
        elif age > _MISSING_SECONDS or self._is_looking:
            await asyncio.wait([self._look_once()], timeout=_FIRST_WAIT_SECONDS)

    async def follow(self) -> None:
        """Look now and then, also while nobody asks."""
        pause = _FIRST_PAUSE_SECONDS
        while True:
            await asyncio.wait([self._look_once()])
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._idle_seconds)

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    @property
    def _is_looking(self) -> bool:
        return self._looking is not None and not self._looking.done()

    def _look_once(self) -> asyncio.Task[None]:
        if self._looking is None or self._looking.done():
            self._looked_at = time.monotonic()
            self._looking = asyncio.create_task(self._look())
        return self._looking

    async def _look(self) -> None:
        with context.acting_as(identity.SYSTEM):
            try:
                await self._compare(await self._storage.resolve_model(self._name, self._alias))
            except kit_errors.ServiceUnavailable:
                pass  # storage is away; what is served goes on
            except kit_errors.RemoteProblem as error:
                if error.remote_status == 404:
                    self._drop()
                else:
                    self._say(str(error))
            except Exception as error:
                _log.exception("the model could not be looked up")
                self._say(type(error).__name__)

    async def _compare(self, found: models.ModelDetail) -> None:
        served = self._served
        if served is not None and served.model_id == found.id:
            self.trouble = None
            return
        if self._refused is not None and self._refused[0] == found.bundle_sha256:
            self._refuse(found, self._refused[1])
            return
        if found.bundle_size_bytes > self._max_bytes:
            self._refuse(found, f"it has {found.bundle_size_bytes} bytes")
            return
        content = await self._storage.download_model(found.id)
        try:
            loaded = await asyncio.to_thread(
                lambda: loader.load().open(
                    content, found.bundle_sha256, max_bytes=self._max_bytes, batch=self._batch
                )
            )
        except inference_errors.BadBundle as error:
            self._refuse(found, str(error.details["reason"]))
            return
        self._serve(found, loaded)

    def _serve(self, found: models.ModelDetail, loaded: network.Network) -> None:
        self._served = Served(
            name=found.name,
            version=found.version,
            model_id=found.id,
            sha256=found.bundle_sha256,
            network=loaded,
            since=time.time(),
        )
        self.trouble = self._refused = None
        self._journal.serves(found.name, found.version)
        _log.info(
            "a version answers",
            instance=self._journal.instance,
            model=found.name,
            version=found.version,
            sha256=found.bundle_sha256,
        )

    def _drop(self) -> None:
        """There is no such version any more, or not yet."""
        self.trouble = None
        if self._served is not None:
            _log.warning("the version is gone", model=self._name, version=self._served.version)
            self._served = None
            self._journal.serves_none()

    def _refuse(self, found: models.ModelDetail, reason: str) -> None:
        self._refused = found.bundle_sha256, reason
        self._say(f"version {found.version} is not served: {reason}")

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            _log.warning("what is served goes on", model=self._name, reason=trouble)
        self.trouble = trouble
