"""Files inside a published package, fetched with the operator's own package client and never installed.

So a place with only a package mirror works, with whatever index, certificate or proxy its operator has set up.
"""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import tempfile

from kolba.collector import settings
from kolba.collector.sources import errors
from kolba.collector.sources.connectors import archives, commands, files, protocol
from kolba.kit.egress import sink

_REGISTRIES = {"pypi": "PyPI", "npm": "npm"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PackageConnector:
    place: settings.PackagePlace
    options: settings.PackageSettings
    max_bytes: int

    def describe(self) -> str:
        members = files.shown([part.member for part in self.place.parts().values()])
        return f"{_REGISTRIES[self.place.registry]} package {self._package}, {members}"

    def revision(self) -> str:
        return files.revision({role: part.sha256 for role, part in self.place.parts().items()})

    def format(self) -> protocol.Format | None:
        return self.place.format

    def stands_in(self) -> bool:
        return self.place.stand_in

    async def fetch(self, folder: pathlib.Path) -> dict[str, sink.Kept]:
        with (
            tempfile.TemporaryDirectory(dir=folder, prefix="package-") as name,
            files.all_or_none() as brought,
        ):
            archive = await self._download(_absolute(name))
            for role, part in self.place.parts().items():
                brought[role] = await self._take_member(archive, part, folder / role)
        return brought

    async def _take_member(
        self, archive: pathlib.Path, part: settings.PackageFile, target: pathlib.Path
    ) -> sink.Kept:
        member = archive.parent / "member"
        await asyncio.to_thread(self._extract, archive, part.member, member)
        with member.open("rb") as file:
            # `extract` makes its file anew each time; this one lives on until it is closed.
            member.unlink()
            return await files.unpack(
                file,
                target,
                compression=self.place.compression,
                place=self.describe(),
                max_bytes=self.max_bytes,
                sha256=part.sha256,
            )

    def _extract(self, archive: pathlib.Path, member: str, target: pathlib.Path) -> None:
        limits = archives.Limits(
            max_archive_bytes=self.options.max_archive_bytes,
            max_members=self.options.max_members,
            max_member_bytes=self.max_bytes,
        )
        archives.extract(archive, member, target, package=self._package, limits=limits)

    async def _download(self, folder: pathlib.Path) -> pathlib.Path:
        command = self._command(folder)
        outcome = await commands.run(command, folder, timeout_seconds=self.options.timeout_seconds)
        found = _archives_in(folder)
        if outcome.code != 0 or len(found) != 1:
            raise errors.PackageUnavailable(package=self._package, reason=outcome.message)
        return found[0]

    def _command(self, folder: pathlib.Path) -> list[str]:
        options = self.options
        is_pypi = self.place.registry == "pypi"
        clients = options.pypi_clients if is_pypi else options.npm_clients
        client = commands.first_present(clients)
        if client is None:
            shown = ", ".join("`" + " ".join(one) + "`" for one in clients)
            raise errors.NoPackageClient(clients=shown)
        arguments = _pip_arguments if is_pypi else _npm_arguments
        return [*client, *arguments(self._package, folder, options.connect_seconds)]

    @property
    def _package(self) -> str:
        sign = "==" if self.place.registry == "pypi" else "@"
        return f"{self.place.name}{sign}{self.place.version}"


def _absolute(name: str) -> pathlib.Path:
    """The client runs inside the folder, where a relative path to it would lead elsewhere."""
    return pathlib.Path(name).absolute()


def _archives_in(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]


def _pip_arguments(package: str, folder: pathlib.Path, connect_seconds: int) -> list[str]:
    # Only wheels: to download a source distribution pip would run code from it.
    return [
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--quiet",
        "--retries=1",
        f"--timeout={connect_seconds}",
        f"--dest={folder}",
        "--",
        package,
    ]


def _npm_arguments(package: str, folder: pathlib.Path, connect_seconds: int) -> list[str]:
    return [
        "pack",
        "--ignore-scripts",
        "--loglevel=error",
        "--fetch-retries=0",
        f"--fetch-timeout={connect_seconds * 1000}",
        f"--pack-destination={folder}",
        "--",
        package,
    ]
