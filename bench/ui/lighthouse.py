"""Lighthouse's marks, from npm, with this machine's Chromium."""

from __future__ import annotations

import json
import os
import subprocess

LIGHTHOUSE = "lighthouse@12.8.2"
MARKS = ("performance", "accessibility", "best-practices")
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 95}


def judge(chromium: str, address: str, form: str) -> dict[str, int]:
    """Marks out of 100. `form` is mobile (a slow telephone, as Lighthouse does by itself) or desktop."""
    command = [
        "npx", "--yes", LIGHTHOUSE, address, "--quiet", "--output=json",
        f"--only-categories={','.join(MARKS)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
        *(["--preset=desktop"] if form == "desktop" else []),
    ]  # fmt: skip
    environment = {**os.environ, "CHROME_PATH": chromium}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr[-2000:])
    report = json.loads(done.stdout)
    for audit in report["audits"].values():
        if audit["score"] is not None and audit["score"] < 0.9:
            print(
                f"  {form} {audit['id']}: {audit.get('displayValue') or audit['title']}", flush=True
            )
    return {name: round(100 * report["categories"][name]["score"]) for name in MARKS}
