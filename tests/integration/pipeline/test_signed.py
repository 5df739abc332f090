"""Where everyone signs in: services show one another their own tokens, whoever asks shows theirs."""

from __future__ import annotations

from typing import Any

from kolba.pipeline.check import stencil


def test_a_person_and_a_service_are_answered_through_all_hops(signed: Any) -> None:
    for bearer in (signed.person, signed.service):
        answer = signed.finalize(Authorization=f"Bearer {bearer.token()}")
        assert answer.status_code == 200, answer.text
        assert answer.json()["digit"] == 7


def test_nobody_is_answered_and_no_image_is_looked_at(signed: Any) -> None:
    for content in (stencil.png(7), b"no image"):
        answer = signed.finalize(content)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:kolba:problem:sign-in-required"
