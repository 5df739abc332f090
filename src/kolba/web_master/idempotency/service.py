"""The rules of idempotency keys.

A key is one person's. The first request under it is executed; one that comes while it runs waits for its answer; one
that comes later gets the answer again. Only success is kept: what was refused (4xx, also 402) changed nothing and frees
the key, what failed on our side (5xx, a connection that broke) may be tried again, under the same reference, so that
what it may have made is not made twice. What another service does without a reference (`unrepeatable`) is not tried
again once it may have been done: only a person can look whether it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import dataclasses
import datetime as dt
import hashlib
import math
import re
from collections.abc import Callable, Iterator

import structlog

from kolba.kit import clock, failpoints, threads
from kolba.kit import errors as kit_errors
from kolba.web_master.idempotency import errors, hashing, repository, settings

_KEY = re.compile(r"[!-~]{1,255}")
_POLL_SECONDS = 0.1
_OURS = 500
_SWEEP_EVERY = 60
"""Of the turns in which leases are renewed."""
_log = structlog.get_logger("kolba.idempotency")


@dataclasses.dataclass(slots=True, kw_only=True)
class _Attempt:
    """At what a key was sent for."""

    reference: str
    is_first: bool = True
    did_nothing: bool = False
    """Though it failed on our side."""


_attempt: contextvars.ContextVar[_Attempt | None] = contextvars.ContextVar(
    "kolba.idempotency", default=None
)


def reference() -> str | None:
    """What the present request's key calls whatever it makes: the same at each attempt; None without a key.

    At most 64 visible ASCII characters, and nobody else's.
    """
    present = _attempt.get()
    return None if present is None else present.reference


@contextlib.contextmanager
def referring(to: str) -> Iterator[None]:
    """Within the block, `reference` is `to`."""
    with _attempting(_Attempt(reference=to)):
        yield


@contextlib.contextmanager
def unrepeatable(service: str) -> Iterator[None]:
    """In the block `service` does what it would do once more if it were asked once more: it is given no reference.

    Raises `MayBeDone` where an earlier attempt under the present key may have had it done.
    """
    present = _attempt.get()
    if present is None:
        yield
        return
    if not present.is_first:
        raise errors.MayBeDone
    try:
        yield
    except kit_errors.KolbaError as error:
        present.did_nothing = not _may_have_done(error, service)
        raise


def _may_have_done(error: kit_errors.KolbaError, service: str) -> bool:
    if isinstance(error, kit_errors.ServiceUnavailable):
        return error.service == service and error.was_asked
    if isinstance(error, kit_errors.RemoteProblem):
        return error.service == service and error.remote_status >= _OURS
    return False


@contextlib.contextmanager
def _attempting(attempt: _Attempt) -> Iterator[None]:
    token = _attempt.set(attempt)
    try:
        yield
    finally:
        _attempt.reset(token)


def read_key(given: str) -> str:
    """The key in a header, with or without the quotes of a structured field. Raises `InvalidKey`."""
    is_quoted = len(given) > 2 and given[0] == given[-1] == '"'
    key = given[1:-1] if is_quoted else given
    if not _KEY.fullmatch(key):
        raise errors.InvalidKey
    return key


def target_digest(method: str, path: str, query: bytes) -> str:
    """What a key was used for. Hexadecimal."""
    parts = (method.encode(), path.encode("utf-8", "surrogatepass"), query)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


class Claim:
    """A key that is the caller's to work on, until `finish`, `refuse` or `fail`; one of them must be called."""

    def __init__(self, keys: Keys, asked: repository.Asked, found: repository.Found) -> None:
        self._keys = keys
        self._asked = asked
        self._found = found
        self._attempt = _Attempt(reference=found.reference, is_first=found.attempt == 1)

    @property
    def expected(self) -> hashing.Digest | None:
        """Of the body, where an earlier attempt had read it."""
        return self._found.body

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """The block is the work; `reference` is the claim's there."""
        with _attempting(self._attempt):
            failpoints.reach("idempotency.claimed")
            yield
            failpoints.reach("idempotency.worked")

    async def finish(self, answer: repository.Answer, body: hashing.Digest) -> bool:
        """Keep the answer. It has been earned, so it may be given also where it could not be kept (False)."""
        is_kept = await self._end(self._keys.entries.finish, answer, body)
        failpoints.reach("idempotency.kept")
        return is_kept and answer.content is not None

    async def refuse(self, status: int, body: hashing.Digest | None) -> None:
        """A failure of ours may have happened half-way; whoever is refused otherwise has changed nothing.

        What an earlier attempt may have done is not forgotten for a later one's refusal.
        """
        changed_nothing = status < _OURS or self._attempt.did_nothing
        if changed_nothing and self._attempt.is_first:
            await self._end(self._keys.entries.forget)
        else:
            await self.fail(body)

    async def fail(self, body: hashing.Digest | None) -> None:
        """It may be tried again."""
        await self._end(self._keys.entries.fail, body)

    async def _end(self, write: Callable[..., bool], *arguments: object) -> bool:
        try:
            is_mine = await threads.run(write, self._found, *arguments)
            if not is_mine:
                _log.warning("a request outlived its claim", reference=self._found.reference)
        except Exception:  # the lease will lapse; until then the key says "still running"
            _log.exception("a claim could not be ended", reference=self._found.reference)
            return False
        finally:
            self._keys.let_go(self._asked, self._found)
        return is_mine


class Keys:
    def __init__(
        self,
        entries: repository.ClaimRepository,
        config: settings.IdempotencySettings,
        time: clock.Clock,
    ) -> None:
        self.entries = entries
        self._config = config
        self._clock = time
        self._here: dict[tuple[str, str], asyncio.Event] = {}
        """The keys that this process works on, or looks up; set when it no longer does."""
        self._held: set[int] = set()
        """The claims that it works on, by their ids: those whose leases are renewed."""

    @property
    def max_answer_bytes(self) -> int:
        return self._config.max_answer_bytes

    async def claim(self, asked: repository.Asked) -> Claim | repository.Found:
        """A claim where the request is to be executed, else what was answered to it.

        Raises `KeyReused` for another path, `StillRunning` when the first one takes too long.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._config.wait_seconds
        while True:
            await self._wait_here(asked, deadline)
            self._here[asked.person, asked.key] = asyncio.Event()
            found = None
            try:
                found = await threads.run(self._claim, asked)
            finally:
                if found is not None and found.is_mine:
                    self._held.add(found.id)
                else:
                    self.let_go(asked)
            if found.target_sha256 != asked.target_sha256:
                raise errors.KeyReused
            if found.is_mine:
                return Claim(self, asked, found)
            if found.is_done:
                return found
            if loop.time() >= deadline:
                raise errors.StillRunning(seconds=self._seconds_left(found))
            await asyncio.sleep(_POLL_SECONDS)

    def replayed(self, found: repository.Found, body: hashing.Digest) -> repository.Answer:
        """The answer to give again. Raises `KeyReused` for another body, `AnswerNotKept`."""
        if found.body != body:
            raise errors.KeyReused
        assert found.answer is not None
        if found.answer.content is None:
            raise errors.AnswerNotKept(given=found.answer.status)
        headers = {**found.answer.headers, "idempotency-replayed": "true"}
        return dataclasses.replace(found.answer, headers=headers)

    def let_go(self, asked: repository.Asked, claimed: repository.Found | None = None) -> None:
        """This process no longer works on the key; who waits for it looks again."""
        if claimed is not None:
            self._held.discard(claimed.id)
        self._here.pop((asked.person, asked.key)).set()

    async def keep(self) -> None:
        """Renew this process's leases and forget old keys, until cancelled."""
        turn = 0
        while True:
            try:
                if self._held:
                    held = list(self._held)
                    await threads.run(self.entries.renew, held, lease_until=self._lease_until())
                if turn % _SWEEP_EVERY == 0:
                    await threads.run(self.entries.sweep, now=self._clock.now())
            except Exception:  # the next turn may go better
                _log.exception("idempotency keys could not be kept up")
            turn += 1
            await asyncio.sleep(self._config.lease_seconds / 3)

    async def _wait_here(self, asked: repository.Asked, deadline: float) -> None:
        while (running := self._here.get((asked.person, asked.key))) is not None:
            try:
                async with asyncio.timeout_at(deadline):
                    await running.wait()
            except TimeoutError:
                raise errors.StillRunning(seconds=1) from None

    def _claim(self, asked: repository.Asked) -> repository.Found:
        now = self._clock.now()
        return self.entries.claim(
            asked,
            now=now,
            lease_until=self._lease_until(),
            expires_at=now + dt.timedelta(hours=self._config.keep_hours),
        )

    def _lease_until(self) -> dt.datetime:
        return self._clock.now() + dt.timedelta(seconds=self._config.lease_seconds)

    def _seconds_left(self, found: repository.Found) -> int:
        left = (found.lease_until - self._clock.now()).total_seconds()
        return max(1, min(5, math.ceil(left)))
