"""Who asks a service other than the web master: whoever its internal token says."""

from __future__ import annotations

from collections.abc import Mapping

from kolba.kit import identity
from kolba.kit.tokens import errors, kinds, verifying


def bearer(authorization: str) -> str:
    """The token of an `Authorization: Bearer …`. Raises `InvalidToken` for anything else."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise errors.InvalidToken(errors.MALFORMED)
    return token.strip(" ")


class InternalTokens:
    """An `identity.Authenticator`. `otherwise` is who asks where no token is shown: the local person, or nobody.

    With `lenient` a token that is not good here is nobody's, instead of refused: for a service that hands requests on
    to where it may be good.
    """

    def __init__(
        self,
        verifier: verifying.Verifier,
        *,
        otherwise: identity.Person = identity.NOBODY,
        lenient: bool = False,
    ) -> None:
        self._verifier = verifier
        self._otherwise = otherwise
        self._lenient = lenient

    async def authenticate(self, method: str, headers: Mapping[str, str]) -> identity.Person:
        given = headers.get("authorization")
        if given is None:
            return self._otherwise
        try:
            token = bearer(given)
            return _person(self._verifier.verify(token), token)
        except errors.InvalidToken:
            if self._lenient:
                return identity.NOBODY
            raise


def _person(claims: verifying.Claims, token: str) -> identity.Person:
    if claims.kind is kinds.SERVICE:
        return identity.Person(name=claims.subject, groups=(identity.SERVICE,), via="service")
    return identity.Person(name=claims.subject, groups=claims.groups, via="service", token=token)
