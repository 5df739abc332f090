from __future__ import annotations

from typing import Any

from bench.pipeline import __main__ as pipeline
from bench.pipeline import layouts


def a_round(*, p50: float, not_ok: int, errors: int) -> dict[str, Any]:
    figure = {"requests": 100, "p50": p50, "not_ok": not_ok, "errors": errors}
    return {"figures": {"1": figure}, "unkept": p50}


def test_what_failed_in_one_round_is_counted_and_times_are_medians() -> None:
    rounds = [
        a_round(p50=1.0, not_ok=0, errors=0),
        a_round(p50=9.0, not_ok=3, errors=2),
        a_round(p50=2.0, not_ok=0, errors=0),
    ]
    found = pipeline._together(layouts.LAYOUTS[0], rounds)
    figure = found["figures"]["1"]
    assert (figure["not_ok"], figure["errors"], figure["requests"]) == (3, 2, 300)
    assert (figure["p50"], found["unkept"]) == (2.0, 2.0)
