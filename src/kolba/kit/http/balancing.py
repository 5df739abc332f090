"""Calls spread over the replicas of a service, as they come and go.

A kept connection sticks to the replica that it was made to; so the balance is held here, by the caller: over every
address that the service's name leads to, looked up again and again, each question to the replica that has the fewest in
hand. A replica that is lost loses no question: another is asked, until the deadline. So questions must be such as may
be asked twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import ipaddress
import socket
import time
import urllib.parse
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Self

import structlog

from kolba.kit import context, errors, text
from kolba.kit.http import client, credentials, lean

DRAINING_HEADER = "x-draining"
"""On the answers of a replica that is about to end: ask another next time."""
_log = structlog.get_logger("kolba.balancing")
_FIRST_REST_SECONDS = 0.05
_LONGEST_REST_SECONDS = 1.0
_PAUSE_SECONDS = 0.05

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses that a host's name leads to, for a port. Raises `OSError`."""


class DeadlinePassed(errors.KolbaError):
    status = 504
    slug = "deadline-passed"
    title = text.Text(en="It took too long", ru="Время вышло")
    detail = text.Text(
        en="`{service}` had not answered when the time for it was over. Try again, or allow more time.",
        ru="`{service}` не ответил за отведённое время. Повторите или отведите больше времени.",
    )


@dataclasses.dataclass(slots=True, kw_only=True, eq=False)
class _Replica:
    url: str
    address: str
    caller: lean.Caller
    in_hand: int = 0
    failures: int = 0
    """In a row."""
    rests_until: float = 0.0

    def rest(self, now: float) -> None:
        """After it did not answer: twice as long each time. Questions that fail together are one time."""
        if self.rests_until > now:
            return
        seconds = min(_FIRST_REST_SECONDS * 2**self.failures, _LONGEST_REST_SECONDS)
        self.failures = min(self.failures + 1, 16)
        self.rests_until = now + seconds


class Balanced:
    """Asks one service, all of whose replicas are alike. Open it once, in the lifespan.

    `urls` are addresses of the service; each name among them may lead to several replicas.
    """

    def __init__(
        self,
        service: str,
        urls: Sequence[str],
        *,
        shown: credentials.Credentials | None = None,
        resolve_seconds: float = 1.0,
        attempt_seconds: float = 2.0,
        resolve: Resolve | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """A replica that says nothing for `attempt_seconds` is given up, and another asked, where there is another."""
        self.service = service
        self._urls = tuple(urls)
        self._shown = shown or credentials.NoCredentials()
        self._resolve_seconds = resolve_seconds
        self._attempt_seconds = attempt_seconds
        self._resolve = resolve or _addresses
        self._now = now
        self._replicas: dict[tuple[str, str], _Replica] = {}
        self._turn = 0
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.look_up()
        if not all(_is_literal(url) for url in self._urls):
            self._looking = asyncio.create_task(self._keep_looking())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        for replica in self._replicas.values():
            replica.caller.close()
        self._replicas.clear()

    @property
    def addresses(self) -> list[str]:
        """Of the replicas that are known."""
        return [replica.address for replica in self._replicas.values()]

    async def post(
        self, path: str, content: bytes, headers: Mapping[str, str], *, seconds: float
    ) -> lean.Answer:
        """The answer, within `seconds`.

        Raises `RemoteProblem` for a refusal (one of 503 only after every replica was asked), `ServiceUnavailable`
        when none could be reached in all that time, `DeadlinePassed` when one was and did not answer.
        """
        until = self._now() + seconds
        tried: set[_Replica] = set()
        failure: errors.KolbaError | None = None
        refused: errors.KolbaError | None = None
        while True:
            replica = self._choose(tried)
            if replica is None:
                if refused is not None:
                    raise refused
                await self._pause(until, failure)
                tried.clear()
                continue
            tried.add(replica)
            try:
                is_last = tried.issuperset(self._replicas.values())  # of those that stand now
                return await self._ask(replica, path, content, headers, until, is_last=is_last)
            except errors.ServiceUnavailable as error:
                if isinstance(error, errors.TokenRefused):
                    raise
                failure = error
            except errors.RemoteProblem as error:
                if error.remote_status != 503:
                    raise
                refused = error

    async def look_up(self) -> None:
        """Ask anew which replicas there are. What cannot be looked up stays as it was."""
        found: dict[tuple[str, str], _Replica] = {}
        for url in self._urls:
            for address in await self._addresses_of(url):
                key = (url, address)
                known = self._replicas.get(key)
                found[key] = known or _Replica(
                    url=url,
                    address=address,
                    caller=lean.Caller(self.service, url, address=address),
                )
        gone = [one for key, one in self._replicas.items() if key not in found]
        if found.keys() != self._replicas.keys():
            _log.info("replicas", of=self.service, known=[one.address for one in found.values()])
        self._replicas = found
        for replica in gone:
            replica.caller.retire()

    async def _addresses_of(self, url: str) -> Sequence[str]:
        place = urllib.parse.urlsplit(url)
        host = place.hostname or ""
        if _is_literal(url):
            return [host]
        try:
            return await self._resolve(host, place.port or 80)
        except OSError as error:
            _log.debug("a name cannot be looked up", host=host, reason=str(error))
            return [one.address for (known, _), one in self._replicas.items() if known == url]

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._resolve_seconds)
            await self.look_up()

    def _choose(self, tried: set[_Replica]) -> _Replica | None:
        """The replica with the fewest questions in hand; those that rest only where no other is left."""
        now = self._now()
        replicas = list(self._replicas.values())
        count = len(replicas)
        self._turn += 1
        best: _Replica | None = None
        least: tuple[bool, int] | None = None
        for place in range(count):
            replica = replicas[(self._turn + place) % count]
            if tried and replica in tried:
                continue
            weight = (replica.rests_until > now, replica.in_hand)
            if least is None or weight < least:
                best, least = replica, weight
        return best

    async def _pause(self, until: float, failure: errors.KolbaError | None) -> None:
        """Before all are asked once more. Raises what is to be said when the time is over."""
        if self._now() + _PAUSE_SECONDS >= until:
            raise failure or errors.ServiceUnavailable(service=self.service)
        await asyncio.sleep(_PAUSE_SECONDS)
        if not self._replicas:
            await self.look_up()

    async def _ask(
        self,
        replica: _Replica,
        path: str,
        content: bytes,
        headers: Mapping[str, str],
        until: float,
        *,
        is_last: bool,
    ) -> lean.Answer:
        left = until - self._now()
        if left <= 0:
            raise DeadlinePassed(service=self.service)
        patience = left if is_last else min(left, self._attempt_seconds)
        replica.in_hand += 1
        try:
            async with asyncio.timeout(patience):
                answer = await self._signed(replica.caller, path, content, headers)
        except TimeoutError:
            replica.rest(self._now())
            if patience == left:
                raise DeadlinePassed(service=self.service) from None
            raise errors.ServiceUnavailable(service=self.service) from None
        except errors.ServiceUnavailable:
            replica.rest(self._now())
            raise
        finally:
            replica.in_hand -= 1
        replica.failures = 0
        if DRAINING_HEADER in answer.headers:
            replica.rests_until = self._now() + _LONGEST_REST_SECONDS
        if answer.status >= 400:
            raise self._refusal(replica, answer)
        return answer

    def _refusal(self, replica: _Replica, answer: lean.Answer) -> errors.KolbaError:
        refused = client.refusal(self.service, answer.status, answer.content)
        if isinstance(refused, errors.ServiceUnavailable) or answer.status == 503:
            replica.rest(self._now())
        return refused

    async def _signed(
        self, caller: lean.Caller, path: str, content: bytes, headers: Mapping[str, str]
    ) -> lean.Answer:
        sent = {**context.outgoing_headers(), **headers}
        token = self._shown.token()
        if token is None:
            return await caller.post(path, content, sent)
        sent["Authorization"] = f"Bearer {token}"
        answer = await caller.post(path, content, sent)
        if answer.status != 401:
            return answer
        renewed = self._shown.renewed(token)
        if renewed is not None:
            sent["Authorization"] = f"Bearer {renewed}"
            answer = await caller.post(path, content, sent)
        if answer.status == 401:
            raise errors.TokenRefused(service=self.service)
        return answer


def _is_literal(url: str) -> bool:
    """Whether the host is an address itself, which leads nowhere else."""
    try:
        ipaddress.ip_address(urllib.parse.urlsplit(url).hostname or "")
    except ValueError:
        return False
    return True


async def _addresses(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
