"""The kinds of tokens there are."""

from __future__ import annotations

import dataclasses

ALGORITHM = "EdDSA"
LEEWAY_SECONDS = 5
"""So far the clocks of two machines may be apart."""
PEOPLES_ISSUER = "web_master"
"""The only service that may say of a person who they are."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a token is good for; written into its header (`typ`) and its audience, so that none passes for another."""

    media_type: str
    audience: str
    longest_seconds: int
    """No token of this kind is made for longer, and none that claims to be is accepted."""
    about_services: bool = False
    """Whether it is about the service that signed it, and not about a person."""

    def may_be_issued(self, *, issuer: str, subject: str) -> bool:
        """No service can make itself pass for a person, nor for another service."""
        return issuer == (subject if self.about_services else PEOPLES_ISSUER)


ACCESS = Kind(media_type="at+jwt", audience="kolba", longest_seconds=3600)
"""Given to a person who signed in; good at the web master."""
PERSON = Kind(media_type="kolba-person+jwt", audience="kolba-internal", longest_seconds=60)
"""Signed by the web master for the person it acts for; good at every other service."""
SERVICE = Kind(
    media_type="kolba-service+jwt",
    audience="kolba-internal",
    longest_seconds=60,
    about_services=True,
)
"""Signed by a service for itself; good at every other service."""
LONGEST_SECONDS = max(kind.longest_seconds for kind in (ACCESS, PERSON, SERVICE))
