"""The check that the container `tests` runs, and the exit code that it ends with."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import httpx2


def check(chain: Any, **instead: str) -> subprocess.CompletedProcess[str]:
    told = {
        "storage": chain.storage.url,
        "preprocess": chain.preprocess.url,
        "model": chain.models[0].url,
        "postprocess": chain.postprocess.url,
        "requests": "40",
        **instead,
    }
    options = [part for name, value in told.items() for part in (f"--{name}", value)]
    command = [sys.executable, "-m", "kolba.pipeline.check", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_a_chain_that_is_well_is_found_so(volume: Any) -> None:
    done = check(volume)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout
    assert volume.left() == []


def test_one_part_that_is_away_is_found(volume: Any) -> None:
    done = check(volume, model="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "FAILED  tensors" in done.stdout
    assert "ok      digits" in done.stdout


def test_no_chain_at_all_is_no_success(volume: Any) -> None:
    done = check(volume, storage="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "there is no chain" in done.stdout


def test_it_brings_a_model_where_there_is_none_and_takes_it_away(signed: Any) -> None:
    alias = f"{signed.storage.url}/aliases/digits/production"
    headers = {"Authorization": f"Bearer {signed.service.token()}"}
    httpx2.delete(alias, headers=headers).raise_for_status()
    before = httpx2.get(f"{signed.storage.url}/models", headers=headers).json()["total"]
    done = check(signed, keys=str(signed.folder / "keys"))
    assert done.returncode == 0, done.stdout + done.stderr
    headers = {"Authorization": f"Bearer {signed.service.token()}"}
    assert httpx2.get(alias, headers=headers).status_code == 404
    assert httpx2.get(f"{signed.storage.url}/models", headers=headers).json()["total"] == before
