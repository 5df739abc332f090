"""What is wrong with a token, and what keeps a service from having keys."""

from __future__ import annotations

import pathlib

from kolba.kit import errors, text


class InvalidToken(errors.KolbaError):
    status = 401
    slug = "invalid-token"
    title = text.Text(en="The token is not valid", ru="Токен недействителен")
    detail = text.Text(
        en="The token is not accepted here: {reason}. Sign in again, or send a token made for this.",
        ru="Токен здесь не принимается: {reason}. Войдите снова или пришлите подходящий токен.",
    )

    def __init__(self, reason: text.Text) -> None:
        super().__init__(
            reason=reason, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )


class ExpiredToken(InvalidToken):
    """It was good once; a new one is to be had in the usual way."""

    slug = "expired-token"
    title = text.Text(en="The token has expired", ru="Срок действия токена истёк")
    detail = text.Text(
        en="The token is too old. Get a new one at `POST /auth/token`, or sign in again.",
        ru="Токен устарел. Получите новый: `POST /auth/token`, или войдите снова.",
    )

    def __init__(self) -> None:
        super().__init__(text.Text(en="it has expired", ru="его срок истёк"))


MALFORMED = text.Text(en="it is not a signed token", ru="это не подписанный токен")
TOO_LONG = text.Text(en="it is too long", ru="он слишком длинный")
UNSUPPORTED = text.Text(
    en="its header names what is not supported", ru="в его заголовке то, что не поддерживается"
)
UNKNOWN_KEY = text.Text(
    en="nobody here knows the key it is signed with", ru="ключ, которым он подписан, неизвестен"
)
BAD_SIGNATURE = text.Text(en="its signature is wrong", ru="подпись неверна")
BAD_CLAIMS = text.Text(
    en="what it says is incomplete or contradictory", ru="его содержание неполно или противоречиво"
)
WRONG_KIND = text.Text(en="it was made for something else", ru="он выдан для другого")
WRONG_ISSUER = text.Text(
    en="who signed it may not say this", ru="подписавший не вправе это утверждать"
)
NOT_YET_VALID = text.Text(
    en="it is not valid yet; do the clocks agree?", ru="он ещё не действует; верны ли часы?"
)


class KeysUnwritable(RuntimeError):
    """A service that signs tokens has nowhere to keep its key or to publish its public half."""

    def __init__(self, folder: pathlib.Path, setting: str, reason: OSError) -> None:
        super().__init__(
            f"keys cannot be written into {folder} ({reason.strerror or reason}): let this service write there, "
            f"or set {setting} to a folder where it can"
        )
