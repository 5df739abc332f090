"""The state of the whole system, and of the door itself."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import kolba

SERVICES = {"collector", "storage", "ml_service", "worker", "visualization", "web_master"}


def test_every_service_is_asked(house: Any) -> None:
    answer = house.client.get("/health")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "ok"
    assert body["version"] == kolba.__version__
    assert set(body["services"]) == SERVICES
    for name, service in body["services"].items():
        assert service["status"] == "ok", name
        assert service["latency_ms"] > 0
    assert body["services"]["storage"]["version"] == "1.2.3"


def test_what_is_down_is_named(house: Any) -> None:
    house.behind["collector"].kill()
    answer = house.client.get("/health")
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "degraded"
    down = {name for name, one in body["services"].items() if one["status"] == "down"}
    assert down == {"collector"}
    assert body["services"]["collector"]["detail"]
    strict = house.client.get("/health?strict=1")
    assert strict.status_code == 503
    assert strict.json()["status"] == "degraded"
    assert house.client.get("/health/live").json()["status"] == "ok"


@pytest.mark.parametrize("options", [{"health_timeout_seconds": 1.0}])
def test_a_service_that_hangs_delays_nobody(house: Any) -> None:
    house.storage.health_delay = 60.0
    body = house.client.get("/health").json()
    assert body["services"]["storage"]["status"] == "down"
    assert "1 s" in body["services"]["storage"]["detail"]
    assert body["services"]["collector"]["status"] == "ok"


@pytest.mark.parametrize("options", [{"worker_url": None}])
def test_a_worker_that_cannot_be_asked_is_left_out(house: Any) -> None:
    body = house.client.get("/health").json()
    assert (body["status"], set(body["services"])) == ("ok", SERVICES - {"worker"})


@pytest.mark.parametrize("options", [{"watched_urls": {"model": "http://127.0.0.1:1"}}])
def test_further_services_are_told_of(house: Any) -> None:
    body = house.client.get("/health").json()
    assert (body["status"], set(body["services"])) == ("degraded", SERVICES | {"model"})
    assert body["services"]["model"]["status"] == "down"


def test_the_index_says_where_things_are(house: Any) -> None:
    body = house.client.get("/").json()
    assert body["docs"] == "/docs"
    assert house.client.get(body["scenarios"]).status_code == 200


@pytest.mark.parametrize("options", [{"ui_url": "http://127.0.0.1:8050/"}])
def test_a_browser_is_led_to_the_web_ui(house: Any) -> None:
    answer = house.client.get("/", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:8050/")
    assert house.client.get("/").json()["ui"] == "http://127.0.0.1:8050/"


def test_the_start_is_light(house: Any) -> None:
    """With its database at head, the web master loads nothing it does not need."""
    program = (
        "import sys, pathlib\n"
        "from kolba.kit import settings as kit_settings\n"
        "from kolba.kit.testing import servers\n"
        "from kolba.web_master import app, settings\n"
        "config = kit_settings.load(settings.WebMasterSettings, port=0,\n"
        "    data_dir=pathlib.Path(sys.argv[1]), log={'directory': None})\n"
        "with servers.running(app.create_app(config)): pass\n"
        "heavy = {'alembic', 'duckdb', 'onnxruntime', 'pandas', 'pyarrow', 'sklearn'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(house.config.data_dir)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
