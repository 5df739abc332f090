"""What every egress client does, asked of the real one (against a local server) and of its twin."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import pathlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kolba.kit.egress import client, errors, memory, policy

BODY = b"PassengerId,Survived\n1,0\n" * 4000
LIMITS = policy.Policy(
    allowed_networks=(ipaddress.ip_network("127.0.0.2/32"),), max_bytes=200_000, max_redirects=3
)
PAGES = {
    "/data.csv": memory.Page(body=BODY),
    "/large": memory.Page(body=b"x" * 200_001),
    "/moved": memory.Page(location="/data.csv"),
    "/loop": memory.Page(location="/loop"),
    "/inside": memory.Page(location="http://127.0.0.1:9/secret"),
    "/inside-by-name": memory.Page(location="http://inside.test:9/secret"),
    "/to-file": memory.Page(location="file:///etc/passwd"),
    "/with-password": memory.Page(location="http://me:secret@public.test/data.csv"),
}
HOSTS = {"public.test": ["127.0.0.2"], "inside.test": ["127.0.0.1"]}


def files_in(folder: pathlib.Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


class Names:
    async def resolve(self, host: str, port: int) -> Sequence[policy.Address]:
        if host not in HOSTS:
            raise OSError("no such name")
        return [ipaddress.ip_address(address) for address in HOSTS[host]]


class Place(Protocol):
    egress: client.Egress
    base: str


class Served:
    def __init__(self, egress: client.Egress, base: str) -> None:
        self.egress = egress
        self.base = base


def _answer(page: memory.Page) -> web.Response:
    if page.location is not None:
        return web.Response(status=302, headers={"Location": page.location})
    return web.Response(body=page.body, status=page.status)


async def _handle(request: web.Request) -> web.Response:
    return _answer(PAGES.get(request.path, memory.Page(status=404)))


@contextlib.asynccontextmanager
async def _over_http() -> AsyncIterator[Served]:
    application = web.Application()
    application.router.add_get("/{path:.*}", _handle)
    async with TestServer(application, host="127.0.0.2") as server:
        yield Served(client.HttpEgress(LIMITS, names=Names()), f"http://public.test:{server.port}")


@contextlib.asynccontextmanager
async def _in_memory() -> AsyncIterator[Served]:
    base = "http://public.test"
    pages = {base + path: page for path, page in PAGES.items()}
    yield Served(memory.MemoryEgress(pages, HOSTS, LIMITS), base)


@pytest.fixture(params=[_over_http, _in_memory], ids=["http", "memory"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    async with request.param() as served:
        yield served


async def test_a_file_arrives_whole_with_its_digest(place: Place, tmp_path: pathlib.Path) -> None:
    expected = hashlib.sha256(BODY).hexdigest()
    wanted = client.Download(url=place.base + "/data.csv", sha256=expected.upper())
    kept = await place.egress.download(wanted, tmp_path / "data.csv")
    assert kept.path.read_bytes() == BODY
    assert (kept.sha256, kept.size_bytes) == (expected, len(BODY))
    assert files_in(tmp_path) == ["data.csv"]


async def test_a_redirect_is_followed(place: Place, tmp_path: pathlib.Path) -> None:
    wanted = client.Download(url=place.base + "/moved")
    kept = await place.egress.download(wanted, tmp_path / "data.csv")
    assert kept.path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("/missing", errors.BadStatus),
        ("/large", errors.TooLarge),
        ("/loop", errors.TooManyRedirects),
        ("/inside", errors.AddressRefused),
        ("/inside-by-name", errors.AddressRefused),
        ("/to-file", errors.UrlRefused),
        ("/with-password", errors.UrlRefused),
    ],
)
async def test_a_refused_download_leaves_what_was_there(
    place: Place, tmp_path: pathlib.Path, path: str, failure: type[errors.EgressError]
) -> None:
    target = tmp_path / "data.csv"
    target.write_bytes(b"as before")
    with pytest.raises(failure) as caught:
        await place.egress.download(client.Download(url=place.base + path), target)
    assert target.read_bytes() == b"as before"
    assert files_in(tmp_path) == ["data.csv"]
    assert "secret@" not in str(caught.value.problem("en"))


async def test_a_wrong_digest_is_thrown_away(place: Place, tmp_path: pathlib.Path) -> None:
    wanted = client.Download(url=place.base + "/data.csv", sha256="0" * 64)
    with pytest.raises(errors.WrongDigest):
        await place.egress.download(wanted, tmp_path / "data.csv")
    assert not files_in(tmp_path)


async def test_a_download_may_narrow_the_limit_but_not_widen_it(
    place: Place, tmp_path: pathlib.Path
) -> None:
    for path, max_bytes in (("/data.csv", 10), ("/large", 10**9)):
        wanted = client.Download(url=place.base + path, max_bytes=max_bytes)
        with pytest.raises(errors.TooLarge):
            await place.egress.download(wanted, tmp_path / "data.csv")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://public.test/data.csv",
        "file:///etc/passwd",
        "http://me:secret@public.test/",
        "http://",
        "data:text/plain,hello",
        "http://public.test\\@127.0.0.1/",
        "http://public.test:99999/",
        "http://public.test/ a",
        "not a url",
        "http://public.test/" + "a" * 4000,
    ],
)
async def test_a_url_that_is_no_web_address_is_refused(
    place: Place, tmp_path: pathlib.Path, url: str
) -> None:
    with pytest.raises(errors.UrlRefused):
        await place.egress.download(client.Download(url=url), tmp_path / "data.csv")


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "http://[::1]/", "http://[::ffff:7f00:1]/"])
async def test_an_inside_address_is_refused(place: Place, tmp_path: pathlib.Path, url: str) -> None:
    with pytest.raises(errors.AddressRefused):
        await place.egress.download(client.Download(url=url), tmp_path / "data.csv")


async def test_an_unknown_host_is_named(place: Place, tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.HostNotFound, match=r"nowhere\.test"):
        await place.egress.download(
            client.Download(url="http://nowhere.test/"), tmp_path / "data.csv"
        )
