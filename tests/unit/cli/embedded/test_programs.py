"""The plan of a set."""

from __future__ import annotations

import pathlib

import pytest

from kolba.cli.embedded import layout, programs

PLACES = layout.Layout(data_dir=pathlib.Path("/srv/kolba"))


def plan(offset: int = 0, **environment: str) -> dict[str, programs.Program]:
    made = programs.plan(programs.read_set(), PLACES, offset=offset, environment=environment)
    return {program.name: program for program in made}


def test_the_packaged_set_is_the_whole_house() -> None:
    ports = {name: program.port for name, program in plan().items()}
    assert ports == {
        "storage": 8002,
        "collector": 8001,
        "ml_service": 8003,
        "worker": 8004,
        "visualization": 8050,
        "web_master": 8000,
        "preprocess": 5001,
        "model": 5002,
        "postprocess": 5003,
    }


def test_an_offset_moves_every_port_and_every_address() -> None:
    web_master = plan(offset=100)["web_master"]
    assert web_master.address == "http://127.0.0.1:8100"
    assert web_master.environment["KOLBA_WEB_MASTER__PORT"] == "8100"
    assert web_master.environment["KOLBA_WEB_MASTER__STORAGE_URL"] == "http://127.0.0.1:8102"


def test_a_port_chosen_in_the_environment_is_kept() -> None:
    made = plan(KOLBA_STORAGE__PORT="9002")
    assert made["storage"].port == 9002
    assert made["worker"].environment["KOLBA_WORKER__STORAGE_URL"] == "http://127.0.0.1:9002"


def test_a_port_in_a_configuration_of_ones_own_is_kept(tmp_path: pathlib.Path) -> None:
    own = tmp_path / "storage.yaml"
    own.write_text("port: 9003\n", "utf-8")
    assert plan(KOLBA_STORAGE__CONFIG=str(own))["storage"].port == 9003


def test_an_offset_beyond_the_last_port_is_refused() -> None:
    with pytest.raises(programs.PortTaken, match="smaller --port-offset"):
        programs.check_ports(tuple(plan(offset=60_000).values()))
