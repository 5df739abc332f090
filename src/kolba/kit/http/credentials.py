"""The seam: what a call to another service shows, so that it knows who asks."""

from __future__ import annotations

from typing import Protocol


class Credentials(Protocol):
    def token(self) -> str | None:
        """For the person of the present context; None: nothing to show. Asked at every call: quick."""
        ...

    def renewed(self, refused: str) -> str | None:
        """Another token in place of one that was just refused; None where no other is to be had."""
        ...


class NoCredentials:
    """Nothing to show: enough where everyone who asks is the local person."""

    def token(self) -> str | None:
        return None

    def renewed(self, refused: str) -> str | None:
        return None
