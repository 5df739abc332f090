"""Who may speak to a service that trusts its own machine: no rebinding host name, no foreign web page."""

from __future__ import annotations

import urllib.parse

from kolba.kit import errors, settings, text

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Always answered: a page of another host cannot make a browser say these, and health checks do."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UnknownHost(errors.KolbaError):
    status = 421
    slug = "unknown-host"
    title = text.Text(
        en="This host name is not served here", ru="Это имя узла здесь не обслуживается"
    )
    detail = text.Text(
        en="`Host: {host}` is not in `http.allowed_hosts`. Ask by an allowed name, or let the operator add it.",
        ru="`Host: {host}` нет в `http.allowed_hosts`. Обратитесь по разрешённому имени или попросите его добавить.",
    )


class ForeignOrigin(errors.KolbaError):
    status = 403
    slug = "foreign-origin"
    title = text.Text(
        en="Requests from this web page are refused", ru="Запросы с этой страницы отклоняются"
    )
    detail = text.Text(
        en="A page of `{origin}` may not change anything here.",
        ru="Странице `{origin}` нельзя ничего здесь менять.",
    )


class Guard:
    def __init__(self, http: settings.HttpSettings) -> None:
        self._hosts = frozenset(host.lower() for host in http.allowed_hosts) | _LOOPBACK
        self._allows_all = "*" in self._hosts
        self._origins = frozenset(http.allowed_origins)

    def check(self, method: str, host: str, origin: str | None) -> None:
        """`host` and `origin` are the headers' values. Raises `UnknownHost` or `ForeignOrigin`."""
        named = host.lower()
        if not self._allows_all and _without_port(named) not in self._hosts:
            raise UnknownHost(host=host[:255])
        if origin is None or method in _SAFE_METHODS or origin in self._origins:
            return
        if _host_of(origin) != named:
            raise ForeignOrigin(origin=origin[:255])


def _host_of(origin: str) -> str | None:
    try:
        return urllib.parse.urlsplit(origin).netloc.lower()
    except ValueError:  # brackets that hold no address
        return None


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
