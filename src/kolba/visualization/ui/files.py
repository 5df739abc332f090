"""What the build of the UI left, looked up by address."""

import base64
import dataclasses
import hashlib
import mimetypes
import pathlib
import re
import typing

BUILT: typing.Final = pathlib.Path(__file__).parent / "built"
_INDEX: typing.Final = "index.html"
_ENCODINGS: typing.Final = {".br": "br", ".gz": "gzip"}
"""Beside a file lies what it is when compressed; the better encoding first."""
_INLINE_SCRIPT: typing.Final = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_IMMUTABLE: typing.Final = "/_app/immutable/"
_TYPES: typing.Final = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """One file and its compressed twins, by the encoding's name."""

    path: pathlib.Path
    media_type: str
    immutable: bool
    """Its name holds the hash of its content: it may be kept for ever."""
    twins: dict[str, pathlib.Path]

    def choose(self, accepted: str) -> tuple[pathlib.Path, str | None]:
        """The file to send to a reader with this `Accept-Encoding`, and its encoding."""
        offered = {one.partition(";")[0].strip() for one in accepted.lower().split(",")}
        for encoding, path in self.twins.items():
            if encoding in offered:
                return path, encoding
        return self.path, None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Build:
    """One build of the UI: its files by address, and the scripts that stand in its page."""

    files: dict[str, File]
    script_hashes: tuple[str, ...]
    """As a Content-Security-Policy names them: `'sha256-…'`."""

    @property
    def page(self) -> File:
        """The one page, which is answered at every address of the UI."""
        return self.files[f"/{_INDEX}"]


class Shelf:
    """The build in a folder, read anew when another one has taken its place."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._seen: int | None = None
        self._build: Build | None = None

    def current(self) -> Build | None:
        """The build as it is now; None where the UI has not been built."""
        try:
            seen = (self._folder / _INDEX).stat().st_mtime_ns
        except FileNotFoundError:
            self._seen, self._build = None, None
        else:
            if seen != self._seen:
                self._seen, self._build = seen, read(self._folder)
        return self._build


def read(folder: pathlib.Path) -> Build:
    """Raises `FileNotFoundError` where there is no page."""
    found = {path for path in folder.rglob("*") if path.is_file()}
    page = (folder / _INDEX).read_text("utf-8")
    return Build(
        files={
            f"/{path.relative_to(folder).as_posix()}": _file(folder, path, found)
            for path in found
            if not _is_twin(path, found)
        },
        script_hashes=tuple(_hash(script) for script in _INLINE_SCRIPT.findall(page)),
    )


def _file(folder: pathlib.Path, path: pathlib.Path, found: set[pathlib.Path]) -> File:
    address = f"/{path.relative_to(folder).as_posix()}"
    twins = {
        encoding: path.with_name(path.name + suffix)
        for suffix, encoding in _ENCODINGS.items()
        if path.with_name(path.name + suffix) in found
    }
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return File(
        path=path,
        media_type=guessed or "application/octet-stream",
        immutable=address.startswith(_IMMUTABLE),
        twins=twins,
    )


def _is_twin(path: pathlib.Path, found: set[pathlib.Path]) -> bool:
    return path.suffix in _ENCODINGS and path.with_suffix("") in found


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
