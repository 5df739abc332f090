"""Direct routes: what is looked up at all."""

from __future__ import annotations

from typing import cast

import pytest

from kolba.kit import identity, metrics
from kolba.kit.http import direct, guard


@pytest.mark.parametrize(("length", "is_looked_up"), [(2048, True), (2049, False), (10**6, False)])
def test_what_looks_for_routes_never_sees_a_path_worth_remembering_for_its_size(
    length: int, is_looked_up: bool
) -> None:
    seen: list[str] = []

    def find(path: str) -> direct.Route | None:
        seen.append(path)
        return None

    routes = direct.DirectRoutes(
        find=find,
        guard=cast(guard.Guard, None),
        authenticator=cast(identity.Authenticator, None),
        measured=cast(metrics.HttpMetrics, None),
        max_body_bytes=1000,
    )
    scope = {"type": "http", "method": "POST", "path": "/" + "a" * (length - 1)}
    assert routes.route_of(scope) is None
    assert bool(seen) == is_looked_up
