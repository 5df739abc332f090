"""The health check that containers run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import fastapi
import pytest
from starlette import responses

from kolba.kit import healthcheck
from kolba.kit.testing import servers

ANSWERS: dict[str, Any] = {
    "well": {"status": "ok", "version": "1", "checks": {"database": "ok"}},
    "ill": {"status": "degraded", "version": "1", "checks": {"database": "ok", "disk": "full"}},
    "system": {"status": "degraded", "services": {"a": {"status": "ok"}, "b": {"status": "down"}}},
    "list": ["ok"],
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = fastapi.FastAPI()

    @app.get("/{name}")
    def answer(name: str) -> responses.JSONResponse:
        return responses.JSONResponse(ANSWERS[name])

    with servers.running(app) as server:
        yield server.url


def check(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kolba.kit.healthcheck", url]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_service_that_is_well_passes(address: str) -> None:
    assert check(f"{address}/well").returncode == 0


@pytest.mark.parametrize(
    ("name", "reason"), [("ill", "disk: full"), ("system", "b: "), ("list", "not a health report")]
)
def test_any_other_answer_fails_with_its_reason(address: str, name: str, reason: str) -> None:
    done = check(f"{address}/{name}")
    assert done.returncode == 1
    assert reason in done.stderr


def test_silence_is_down() -> None:
    answer = healthcheck.ask(f"http://127.0.0.1:{servers.free_port()}/health")
    assert answer.status == "down"
    assert "refused" in answer.detail


def test_it_imports_nothing_heavy() -> None:
    source = "import sys, kolba.kit.healthcheck; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pydantic", "fastapi", "aiohttp", "sqlalchemy", "yaml"} & set(loaded)
