"""What all tests share: how a test says that it needs a real server."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import typing
from collections.abc import Iterator

import pytest

from kolba.kit.testing import postgresql as postgresql_server

REQUIRE_SERVERS = "KOLBA_REQUIRE_SERVERS"


class NeedServer(typing.Protocol):
    """Ends the calling test because the named server is not here."""

    def __call__(self, server: str, how_to_get_it: str) -> typing.NoReturn: ...


@pytest.fixture(scope="session")
def server_is_missing() -> NeedServer:
    """Call this where a server that a test needs cannot be had.

    With KOLBA_REQUIRE_SERVERS=1, as in CI, the test fails; otherwise it is skipped, and the summary
    says what to install.
    """

    def end(server: str, how_to_get_it: str) -> typing.NoReturn:
        message = f"needs {server}: {how_to_get_it}"
        if os.environ.get(REQUIRE_SERVERS) == "1":
            pytest.fail(f"{message} ({REQUIRE_SERVERS}=1 allows no skip)")
        pytest.skip(message)

    return end


@pytest.fixture(scope="session")
def postgresql(server_is_missing: NeedServer) -> Iterator[postgresql_server.Cluster]:
    """A PostgreSQL server of this test run's own; `create_database()` answers a new URL."""
    with contextlib.ExitStack() as stack:
        try:
            cluster = stack.enter_context(postgresql_server.run_cluster())
        except postgresql_server.Missing as missing:
            server_is_missing("PostgreSQL", f"{missing}; on Debian, apt-get install postgresql")
        yield cluster


@pytest.fixture(scope="session")
def needs_torch(server_is_missing: NeedServer) -> None:
    """For tests that train a network."""
    if importlib.util.find_spec("torch") is None:
        server_is_missing("torch", "make torch")
