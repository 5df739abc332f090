"""In containers everyone signs in, and no service can publish a key in another's name."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest
import yaml

import kolba

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = {
    re.sub(r"\W", "_", path.parent.name): path
    for path in pathlib.Path(kolba.__file__).parent.rglob("Dockerfile")
}
SIGNERS = {"ml_service", "web_master", "worker"}
CALLERS = {
    "storage": SIGNERS | {"model", "tests"},
    "preprocess": {"web_master", "postprocess", "preprocess", "tests"},
    "model": {"web_master", "model", "preprocess", "tests"},
    "postprocess": {"web_master", "postprocess", "tests"},
    "tests": {"tests"},
}
"""Whose tokens a service has to check, and its own; of those not named here: `SIGNERS`."""


def services() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return content["services"]  # type: ignore[no-any-return]


def signers(name: str) -> set[str]:
    return CALLERS.get(name, SIGNERS)


def test_every_service_has_an_image() -> None:
    started = {name for name, service in services().items() if "profiles" not in service}
    assert started == IMAGES.keys()


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_requires_sign_in(name: str) -> None:
    text = IMAGES[name].read_text("utf-8")
    prefix = f"KOLBA_{name.upper()}__"
    assert f"{prefix}HOST=0.0.0.0 " in text
    assert f'{prefix}AUTH__LOCAL_USER="" ' in text
    assert f"{prefix}AUTH__KEYS_DIR=/keys " in text
    assert all(f"/keys/{signer}" in text for signer in signers(name)), (
        "folders that its user may write"
    )
    assert not any("LOCAL_USER" in field for field in services()[name]["environment"])


@pytest.mark.parametrize("name", [*IMAGES, "tests"])
def test_a_service_reads_its_callers_keys_and_writes_its_own(name: str) -> None:
    mounted = {
        volume for volume in services()[name]["volumes"] if volume.partition(":")[2] != "/data"
    }
    assert mounted == {
        f"keys_{signer}:/keys/{signer}{'' if signer == name else ':ro'}" for signer in signers(name)
    }


def test_only_the_door_and_the_ui_are_reached_from_elsewhere() -> None:
    public = {
        name
        for name, service in services().items()
        if any(not port.startswith("127.0.0.1:") for port in service.get("ports", []))
    }
    assert public == {"visualization", "web_master"}


def test_several_replicas_of_model_fit_on_one_machine() -> None:
    model = services()["model"]
    assert "ports" not in model
    assert "container_name" not in model
    assert "hostname" not in model


def test_the_tests_run_where_they_are_asked_for_and_once() -> None:
    tests = services()["tests"]
    assert tests["profiles"] == ["test"]
    assert tests["restart"] == "no"
