"""What can be set of people."""

from __future__ import annotations

from typing import Literal

import pydantic

Registration = Literal["open", "invitation", "closed"]


class HashingSettings(pydantic.BaseModel):
    """Argon2id. A password that was hashed with other figures is hashed anew when its owner signs in."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    memory_kib: int = pydantic.Field(default=65_536, ge=8, le=4_194_304)
    """Memory of one hash, in KiB."""
    passes: int = pydantic.Field(default=3, ge=1, le=100)
    """How often it goes over that memory."""
    lanes: int = pydantic.Field(default=4, ge=1, le=64)
    """How many threads share one hash."""
    at_a_time: int = pydantic.Field(default=2, ge=1)
    """Hashes at a time: so much memory, times this, can a flood of sign-ins cost."""
    max_waiting: int = pydantic.Field(default=16, ge=0)
    """At most so many sign-ins wait for their turn; more are told to come back."""


class SignInSettings(pydantic.BaseModel):
    """How often a password may be guessed. Who signs in with the right one starts from zero."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    window_seconds: float = pydantic.Field(default=300.0, gt=0)
    """Attempts are counted over so long."""
    per_name_and_address: int = pydantic.Field(default=10, ge=1)
    """Of one name from one address."""
    per_address: int = pydantic.Field(default=100, ge=1)
    """From one address, whatever the names; also registrations."""
    per_name: int = pydantic.Field(default=300, ge=1)
    """Of one name from anywhere; generous, or anybody could keep its owner out."""


class PeopleSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    registration: Registration = "invitation"
    """Who may register: anybody, who was invited, or nobody (administrators make the accounts)."""
    default_group: str = "client"
    """The group of who registers, and of who is added without naming one."""
    access_token_seconds: int = pydantic.Field(default=300, ge=10, le=3600)
    """How long an access token is good; then a refresh token gets another."""
    session_days: float = pydantic.Field(default=14.0, gt=0, le=366)
    """After so long a browser's session ends by itself."""
    refresh_days: float = pydantic.Field(default=30.0, gt=0, le=366)
    """After so long a program's session ends by itself, however often its tokens were refreshed."""
    invitation_days: float = pydantic.Field(default=7.0, gt=0, le=366)
    """How long an invitation is good, where its maker does not say."""
    fresh_seconds: float = pydantic.Field(default=20.0, ge=0, le=50)
    """So long after somebody was disabled or signed out in another process, they are still let in here at most."""
    max_known: int = pydantic.Field(default=10_000, ge=1)
    """How many tokens and sessions are kept at hand."""
    max_sessions: int = pydantic.Field(default=100, ge=1)
    """Sessions of one person; the one longest unused ends when another begins."""
    max_api_tokens: int = pydantic.Field(default=100, ge=1)
    """API tokens of one person."""
    secure_cookie: bool = False
    """Whether the session's cookie travels over HTTPS only. Turn it on wherever people come by HTTPS."""
    hashing: HashingSettings = HashingSettings()
    """How passwords are kept."""
    sign_in: SignInSettings = SignInSettings()
    """Limits on guessing."""
