"""The UI over HTTP: its files, and its one page at every other address."""

import http
import pathlib
import typing

from starlette import datastructures, responses, types

from kolba.kit import errors
from kolba.visualization.reports import html
from kolba.visualization.ui import files

_READS: typing.Final = frozenset({"GET", "HEAD"})
_FOR_EVER: typing.Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: typing.Final = "no-cache"
_STYLE_ATTRIBUTES: typing.Final = (
    "'unsafe-hashes' "
    "'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo=' "
    "'sha256-iaOezIDcQIoxCULa6FBKKuLUu09R7kG+Mlu+JVfU3Rw='"
)
"""The style attributes that libraries write: where SvelteKit tells a screen reader of a new page, and
`display: contents;` in the command palette. No other is obeyed."""
_PLAIN: typing.Final = "/plain"
"""The page without scripts, for where the UI was not built."""


class Site:
    """Mounted behind every other route of the service."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._shelf = files.Shelf(folder)

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        if scope["method"] not in _READS:
            raise errors.NotFound
        headers = datastructures.Headers(scope=scope)
        answer = self._answer(_address(scope), headers)
        await answer(scope, receive, send)

    def _answer(self, address: str, headers: datastructures.Headers) -> responses.Response:
        build = self._shelf.current()
        if build is None:
            if address == "/":
                return responses.RedirectResponse(_PLAIN, http.HTTPStatus.TEMPORARY_REDIRECT)
            raise errors.NotFound
        found = build.files.get(address)
        if found is None or found is build.page:
            # An address with a dot names a file, and a page in its place would only mislead.
            if found is None and "." in address.rpartition("/")[2]:
                raise errors.NotFound
            return _send(build.page, headers, {"Content-Security-Policy": policy(build)})
        return _send(found, headers, {})


def policy(build: files.Build) -> str:
    """What the page may do: nothing but itself, from here.

    A report is shown in a frame without rights that is written by the page and so obeys the page's policy, too:
    therefore the report's style sheet is named here.
    """
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(("'self'", *build.script_hashes)),
        "style-src": f"'self' {html.style_hash()} {_STYLE_ATTRIBUTES}",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _address(scope: types.Scope) -> str:
    path: str = scope["path"]
    return path or "/"


def _send(
    found: files.File, headers: datastructures.Headers, added: dict[str, str]
) -> responses.Response:
    path, encoding = found.choose(headers.get("accept-encoding", ""))
    own = {
        "Cache-Control": _FOR_EVER if found.immutable else _ASK_AGAIN,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Encoding",
        **added,
    }
    if encoding is not None:
        own["Content-Encoding"] = encoding
    answer = responses.FileResponse(
        path, headers=own, media_type=found.media_type, stat_result=path.stat()
    )
    if headers.get("if-none-match") == answer.headers.get("etag"):
        kept = {
            name: value for name, value in answer.headers.items() if name in _KEPT_WHEN_UNCHANGED
        }
        return responses.Response(status_code=http.HTTPStatus.NOT_MODIFIED, headers=kept)
    return answer


_KEPT_WHEN_UNCHANGED: typing.Final = frozenset(
    {"cache-control", "content-security-policy", "etag", "vary"}
)
