"""Where the reader's browser finds the web master."""

import dataclasses
import re
import typing

import pydantic
from starlette import datastructures

_HOST: typing.Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


@dataclasses.dataclass(frozen=True, kw_only=True)
class WebMasterAddress:
    """The web master as this service reaches it, and as people do when that is configured."""

    inside: pydantic.HttpUrl
    outside: pydantic.HttpUrl | None

    def seen_from(self, page: datastructures.URL) -> str:
        """The address, without a slash at its end, to be used in a page asked for as `page`.

        Unless it is configured it is the page's own host at the web master's port: so it is right
        on one machine, in containers, and for a reader at another machine.
        """
        if self.outside is not None:
            return str(self.outside).rstrip("/")
        host = page.hostname or ""
        if not _HOST.fullmatch(host):
            return str(self.inside).rstrip("/")
        shown = f"[{host}]" if ":" in host else host
        return f"{self.inside.scheme}://{shown}:{self.inside.port}"
