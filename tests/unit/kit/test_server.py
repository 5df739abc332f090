"""How a service starts, and does not."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from kolba.kit.testing import servers

MODULES = {
    "COLLECTOR": "kolba.collector",
    "STORAGE": "kolba.storage",
    "ML_SERVICE": "kolba.ml_service",
    "WORKER": "kolba.ml_service.worker",
    "VISUALIZATION": "kolba.visualization",
    "WEB_MASTER": "kolba.web_master",
    "PREPROCESS": "kolba.pipeline.preprocess",
    "MODEL": "kolba.pipeline.model",
    "POSTPROCESS": "kolba.pipeline.postprocess",
}


def started(name: str, folder: pathlib.Path, **settings: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PORT": str(servers.free_port()),
        "DATA_DIR": str(folder / "data"),
        "LOG__DIRECTORY": str(folder / "logs"),
        **settings,
    }
    told = {f"KOLBA_{name}__{field}": value for field, value in own.items()}
    return subprocess.run(
        [sys.executable, "-m", MODULES[name]],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", MODULES)
def test_no_service_is_open_to_other_machines(name: str, tmp_path: pathlib.Path) -> None:
    ended = started(name, tmp_path, HOST="0.0.0.0")
    assert ended.returncode == 1
    assert f"KOLBA_{name}__AUTH__LOCAL_USER to nothing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_sign_in_without_keys_is_no_start_either(tmp_path: pathlib.Path) -> None:
    ended = started("STORAGE", tmp_path, AUTH__LOCAL_USER="")
    assert ended.returncode == 1
    assert "KOLBA_STORAGE__AUTH__KEYS_DIR" in ended.stderr


@pytest.mark.parametrize("name", ["ML_SERVICE", "WORKER", "PREPROCESS", "MODEL", "POSTPROCESS"])
def test_keys_that_cannot_be_published_are_said(name: str, tmp_path: pathlib.Path) -> None:
    """Of those that call others."""
    (tmp_path / "keys").write_text("not a folder")
    ended = started(name, tmp_path, AUTH__KEYS_DIR=str(tmp_path / "keys"))
    assert ended.returncode != 0
    assert (
        f"keys cannot be written into {tmp_path}/keys/{name.lower()}" in ended.stderr + ended.stdout
    )
    assert "auth.keys_dir" in ended.stderr + ended.stdout
