"""What every connector does, asked of all three kinds: a web file, a package member, a local file."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from kolba.collector import settings
from kolba.collector.sources.connectors import commands, file, http, package, protocol
from kolba.kit import errors
from kolba.kit.egress import errors as egress_errors
from kolba.kit.egress import memory

BODY = "имя,лет\nАнна,7\n".encode()
DIGEST = hashlib.sha256(BODY).hexdigest()
MEMBER = "own/data/people.csv"


@dataclasses.dataclass(frozen=True)
class Kind:
    """Makes a connector whose place is pinned to a digest, and bounded."""

    make: Callable[[str, int], protocol.Connector]


def over_http() -> Kind:
    url = "https://public.test/people.csv?token=1"
    pages = {url: memory.Page(body=BODY)}

    def make(digest: str, max_bytes: int) -> protocol.Connector:
        limits = settings.EgressSettings().policy(max_bytes)
        egress = memory.MemoryEgress(pages, {"public.test": ["8.8.8.8"]}, limits)
        place = settings.HttpPlace(connector="http", url=url, sha256=digest)
        return http.HttpConnector(place=place, egress=egress, max_bytes=max_bytes)

    return Kind(make)


def as_file(folder: pathlib.Path) -> Kind:
    (folder / "people.csv").write_bytes(BODY)

    def make(digest: str, max_bytes: int) -> protocol.Connector:
        place = settings.FilePlace(connector="file", path="people.csv", sha256=digest)
        return file.FileConnector(place=place, directories=(folder,), max_bytes=max_bytes)

    return Kind(make)


def make_wheel(folder: pathlib.Path) -> None:
    about = "Metadata-Version: 2.1\nName: kolba-test-own\nVersion: 1.0\n"
    kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / "kolba_test_own-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(MEMBER, BODY)
        wheel.writestr("kolba_test_own-1.0.dist-info/METADATA", about)
        wheel.writestr("kolba_test_own-1.0.dist-info/WHEEL", kind)
        wheel.writestr("kolba_test_own-1.0.dist-info/RECORD", "")


def make_npm_package() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        about = json.dumps({"name": "kolba-test-own", "version": "1.0.0"}).encode()
        for name, content in (("package/package.json", about), (f"package/{MEMBER}", BODY)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def as_package(registry: Any, **options: Any) -> Kind:
    def make(digest: str, max_bytes: int) -> protocol.Connector:
        place = settings.PackagePlace(
            connector="package",
            registry=registry,
            name="kolba-test-own",
            version="1.0" if registry == "pypi" else "1.0.0",
            member=MEMBER,
            sha256=digest,
        )
        chosen = settings.PackageSettings(**options)
        return package.PackageConnector(place=place, options=chosen, max_bytes=max_bytes)

    return Kind(make)


@pytest.fixture
async def npm_registry() -> AsyncIterator[str]:
    """A registry of one package, so that the real npm can be asked without the world."""
    content = make_npm_package()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()

    async def about(request: web.Request) -> web.Response:
        tarball = f"http://{request.host}/kolba-test-own/-/kolba-test-own-1.0.0.tgz"
        version = {
            "name": "kolba-test-own",
            "version": "1.0.0",
            "dist": {"tarball": tarball, "integrity": integrity},
        }
        versions = {"versions": {"1.0.0": version}, "dist-tags": {"latest": "1.0.0"}}
        return web.json_response({"name": "kolba-test-own", **versions})

    async def tarball(request: web.Request) -> web.Response:
        return web.Response(body=content)

    application = web.Application()
    application.router.add_get("/kolba-test-own", about)
    application.router.add_get("/kolba-test-own/-/{file}", tarball)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


@pytest.fixture(params=["http", "file", "pypi", "npm"])
async def kind(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    npm_registry: str,
    server_is_missing: Any,
) -> Kind:
    folder = tmp_path_factory.mktemp("place")
    if request.param == "http":
        return over_http()
    if request.param == "file":
        return as_file(folder)
    if request.param == "npm":
        if commands.first_present([["npm"]]) is None:
            server_is_missing("npm", "on Debian, apt-get install npm")
        monkeypatch.setenv("npm_config_registry", npm_registry)
        monkeypatch.setenv("npm_config_cache", str(folder))
        return as_package("npm")
    make_wheel(folder)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return as_package("pypi")


def files_in(folder: pathlib.Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


async def test_the_file_arrives_and_nothing_else(kind: Kind, tmp_path: pathlib.Path) -> None:
    kept = (await kind.make(DIGEST, 1000).fetch(tmp_path))["data"]
    assert kept.path.read_bytes() == BODY
    assert (kept.sha256, kept.size_bytes) == (DIGEST, len(BODY))
    assert files_in(tmp_path) == ["data"]


async def test_another_file_than_the_pinned_one_is_thrown_away(
    kind: Kind, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(egress_errors.WrongDigest):
        await kind.make("0" * 64, 1000).fetch(tmp_path)
    assert files_in(tmp_path) == []


async def test_a_large_file_is_refused(kind: Kind, tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.KolbaError, match="5 bytes"):
        await kind.make(DIGEST, 5).fetch(tmp_path)
    assert files_in(tmp_path) == []


async def test_a_place_is_described_without_secrets_and_has_a_revision(kind: Kind) -> None:
    connector = kind.make(DIGEST, 1000)
    assert connector.describe()
    assert "token" not in connector.describe()
    assert connector.revision() == DIGEST


async def test_a_package_that_is_nowhere_is_said_so(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(errors.KolbaError, match="No matching distribution") as caught:
        await as_package("pypi").make(DIGEST, 1000).fetch(tmp_path)
    assert "kolba-test-own==1.0" in str(caught.value)
    assert files_in(tmp_path) == []


async def test_a_source_distribution_is_not_taken_because_its_code_would_run(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(tmp_path / "kolba_test_own-1.0.tar.gz", "w:gz") as archive:
        code = f"import pathlib; pathlib.Path({str(tmp_path)!r}, 'ran').touch()".encode()
        entry = tarfile.TarInfo("kolba_test_own-1.0/setup.py")
        entry.size = len(code)
        archive.addfile(entry, io.BytesIO(code))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(errors.KolbaError, match="No matching distribution"):
        await as_package("pypi").make(DIGEST, 1000).fetch(out)
    assert "ran" not in files_in(tmp_path)


async def test_no_package_client_is_said_so(tmp_path: pathlib.Path) -> None:
    kind = as_package("pypi", pypi_clients=[["no-such-program"], ["{python}", "-m", "no_pip"]])
    with pytest.raises(errors.KolbaError, match="no-such-program"):
        await kind.make(DIGEST, 1000).fetch(tmp_path)


async def test_a_package_client_that_hangs_is_given_up(tmp_path: pathlib.Path) -> None:
    hang = [sys.executable, "-c", "import time; time.sleep(60)"]
    kind = as_package("pypi", pypi_clients=[hang], timeout_seconds=0.5)
    with pytest.raises(errors.KolbaError, match=r"more than 0\.5 s"):
        await kind.make(DIGEST, 1000).fetch(tmp_path)
    assert files_in(tmp_path) == []


SECOND = b"second file\n"
SEVERAL = {"first": (MEMBER, BODY), "second": ("own/data/second.csv", SECOND)}
BOMB = gzip.compress(bytes(10_000_000))


def several(
    folder: pathlib.Path, contents: dict[str, bytes], *, pack: bool, max_bytes: int = 1000
) -> tuple[protocol.Connector, protocol.Connector]:
    """Two files, on the web and in a folder, each pinned to what `SEVERAL` says it is."""
    digests = {role: hashlib.sha256(content).hexdigest() for role, (_, content) in SEVERAL.items()}
    compression: Any = "gzip" if pack else "none"
    pages = {}
    for role, content in contents.items():
        (folder / f"{role}.csv").write_bytes(content)
        pages[f"https://public.test/{role}.csv"] = memory.Page(body=content)
    limits = settings.EgressSettings().policy(max_bytes)
    egress = memory.MemoryEgress(pages, {"public.test": ["8.8.8.8"]}, limits)
    web = settings.HttpPlace(
        connector="http",
        compression=compression,
        files={
            role: settings.HttpFile(url=f"https://public.test/{role}.csv", sha256=digest)
            for role, digest in digests.items()
        },
    )
    local = settings.FilePlace(
        connector="file",
        compression=compression,
        files={
            role: settings.LocalFile(path=f"{role}.csv", sha256=digest)
            for role, digest in digests.items()
        },
    )
    return (
        http.HttpConnector(place=web, egress=egress, max_bytes=max_bytes),
        file.FileConnector(place=local, directories=(folder,), max_bytes=max_bytes),
    )


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("place")


def made(folder: pathlib.Path) -> pathlib.Path:
    folder.mkdir()
    return folder


async def check_both_arrive(connector: protocol.Connector, target: pathlib.Path) -> None:
    brought = await connector.fetch(target)
    assert {role: kept.path.read_bytes() for role, kept in brought.items()} == {
        "first": BODY,
        "second": SECOND,
    }
    assert brought["first"].sha256 == DIGEST
    assert sorted(files_in(target)) == ["first", "second"]
    assert "(+1)" in connector.describe()


@pytest.mark.parametrize("pack", [False, True])
async def test_several_files_arrive_by_their_roles(
    folder: pathlib.Path, tmp_path: pathlib.Path, pack: bool
) -> None:
    contents = {
        role: gzip.compress(content) if pack else content for role, (_, content) in SEVERAL.items()
    }
    for number, connector in enumerate(several(folder, contents, pack=pack)):
        await check_both_arrive(connector, made(tmp_path / str(number)))


async def test_what_a_server_has_already_unpacked_is_taken_as_it_is(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    contents = {"first": BODY, "second": gzip.compress(SECOND)}
    for number, connector in enumerate(several(folder, contents, pack=True)):
        await check_both_arrive(connector, made(tmp_path / str(number)))


@pytest.mark.parametrize(
    "second",
    [
        b"another file",
        gzip.compress(b"another file"),
        gzip.compress(SECOND)[:-6],
        gzip.compress(SECOND) + b"more",
        b"\x1f\x8b" + b"damaged" * 9,
        BOMB,
    ],
    ids=["another", "another-packed", "cut-off", "more", "damaged", "bomb"],
)
async def test_of_several_files_all_come_or_none(
    folder: pathlib.Path, tmp_path: pathlib.Path, second: bytes
) -> None:
    contents = {"first": gzip.compress(BODY), "second": second}
    for connector in several(folder, contents, pack=True, max_bytes=20_000):
        with pytest.raises(egress_errors.EgressError):
            await connector.fetch(tmp_path)
        assert files_in(tmp_path) == []


async def test_several_members_of_a_package_come_with_one_download(
    tmp_path: pathlib.Path, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = "Metadata-Version: 2.1\nName: kolba-test-own\nVersion: 1.0\n"
    kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / "kolba_test_own-1.0-py3-none-any.whl", "w") as wheel:
        for member, content in SEVERAL.values():
            wheel.writestr(member, gzip.compress(content))
        wheel.writestr("kolba_test_own-1.0.dist-info/METADATA", about)
        wheel.writestr("kolba_test_own-1.0.dist-info/WHEEL", kind)
        wheel.writestr("kolba_test_own-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    place = settings.PackagePlace(
        connector="package",
        registry="pypi",
        name="kolba-test-own",
        version="1.0",
        compression="gzip",
        files={
            role: settings.PackageFile(member=member, sha256=hashlib.sha256(content).hexdigest())
            for role, (member, content) in SEVERAL.items()
        },
    )
    connector = package.PackageConnector(
        place=place, options=settings.PackageSettings(), max_bytes=1000
    )
    await check_both_arrive(connector, made(tmp_path / "out"))
