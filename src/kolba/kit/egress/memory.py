"""The client's twin for tests: the same checks and files, but the internet is a dictionary."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import AsyncIterator, Mapping, Sequence

import yarl

from kolba.kit.egress import client, errors, policy, sink


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer: a body, or a redirect to `location`, or another status."""

    body: bytes = b""
    location: str | None = None
    status: int = 200


class MemoryEgress:
    """`pages` by URL, `hosts` by name; a host that is not listed is not found."""

    def __init__(
        self,
        pages: Mapping[str, Page],
        hosts: Mapping[str, Sequence[str]],
        limits: policy.Policy | None = None,
    ) -> None:
        self._pages = dict(pages)
        self._hosts = dict(hosts)
        self._policy = limits or policy.Policy()
        self.asked: list[str] = []
        """Every URL that was opened, in order."""

    async def download(self, wanted: client.Download, target: pathlib.Path) -> sink.Kept:
        first = policy.check_url(wanted.url)
        limit = min(wanted.max_bytes or self._policy.max_bytes, self._policy.max_bytes)
        page = self._follow(first)
        return await sink.keep(
            _chunks(page.body),
            target,
            url=policy.shown(first),
            max_bytes=limit,
            sha256=wanted.sha256,
        )

    def _follow(self, url: yarl.URL) -> Page:
        first = url
        for _ in range(self._policy.max_redirects + 1):
            page = self._open(url)
            if page.location is None:
                return page
            url = policy.next_url(url, page.location)
        raise errors.TooManyRedirects(url=policy.shown(first), limit=self._policy.max_redirects)

    def _open(self, url: yarl.URL) -> Page:
        self._check_host(url.host or "")
        self.asked.append(str(url))
        page = self._pages.get(str(url), Page(status=404))
        if page.location is None and page.status != 200:
            raise errors.BadStatus(url=policy.shown(url), http_status=page.status)
        return page

    def _check_host(self, host: str) -> None:
        spelled = policy.literal(host)
        found = [str(spelled)] if spelled else self._hosts.get(host, ())
        if not found:
            raise errors.HostNotFound(host=host, reason="it has no address")
        for address in found:
            known = policy.literal(address)
            if known is None or not self._policy.permits(known):
                raise errors.AddressRefused(host=host, address=address)


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), client.CHUNK):
        yield body[start : start + client.CHUNK]
