"""Why something could not be fetched from outside."""

from __future__ import annotations

from kolba.kit import errors, text


class EgressError(errors.KolbaError):
    """Root of all failed fetches. `url` never carries a query or credentials."""

    status = 502
    slug = "fetch-failed"
    title = text.Text(en="Could not fetch it", ru="Не удалось скачать")


class UrlRefused(EgressError):
    status = 422
    slug = "url-refused"
    detail = text.Text(
        en="The address `{url}` is refused: {reason}.",
        ru="Адрес `{url}` отклонён: {reason}.",
    )


class AddressRefused(EgressError):
    status = 422
    slug = "address-refused"
    detail = text.Text(
        en="`{host}` is at {address}, which is not public. The operator can allow its network.",
        ru="`{host}` имеет непубличный адрес {address}. Оператор может разрешить эту сеть.",
    )


class HostNotFound(EgressError):
    slug = "host-not-found"
    detail = text.Text(
        en="The host `{host}` was not found: {reason}.",
        ru="Узел `{host}` не найден: {reason}.",
    )


class Unreachable(EgressError):
    slug = "upstream-unreachable"
    detail = text.Text(
        en="`{url}` could not be reached: {reason}.",
        ru="`{url}` недоступен: {reason}.",
    )


class BadStatus(EgressError):
    slug = "upstream-refused"
    detail = text.Text(
        en="`{url}` answered with HTTP status {http_status}.",
        ru="`{url}` ответил кодом HTTP {http_status}.",
    )


class TooManyRedirects(EgressError):
    slug = "too-many-redirects"
    detail = text.Text(
        en="`{url}` redirects more than {limit} times.",
        ru="`{url}` перенаправляет больше {limit} раз.",
    )


class TooLarge(EgressError):
    slug = "download-too-large"
    detail = text.Text(
        en="`{url}` sends more than the {limit_bytes} bytes that are allowed.",
        ru="`{url}` отдаёт больше разрешённых {limit_bytes} байт.",
    )


class TooSlow(EgressError):
    status = 504
    slug = "download-too-slow"
    detail = text.Text(
        en="`{url}` was given up: no answer in time ({seconds} s).",
        ru="`{url}` не ответил вовремя ({seconds} с).",
    )


class BadEncoding(EgressError):
    slug = "download-damaged"
    detail = text.Text(
        en="What `{url}` sent could not be decoded: {reason}.",
        ru="Ответ `{url}` не удалось раскодировать: {reason}.",
    )


class WrongDigest(EgressError):
    slug = "wrong-digest"
    title = text.Text(en="Not the expected file", ru="Это не тот файл")
    detail = text.Text(
        en="`{url}` has SHA-256 {actual}, expected {expected}. It was thrown away.",
        ru="SHA-256 у `{url}`: {actual}, ожидался {expected}. Файл отброшен.",
    )
