from __future__ import annotations

from typing import Any

from bench.serving import tables

FIGURE = {
    "requests_per_second": 1234.5,
    "p50": 0.5,
    "p99": 12.0,
    "requests": 1000,
    "not_ok": 3,
    "errors": 2,
    "load_cores": 0.5,
    "rate": 100.0,
    "late_p99": 0.1,
}


def server(**changes: Any) -> dict[str, Any]:
    made = {
        "name": "LitServe",
        "kind": "peer",
        "same_onnx": True,
        "records": "nothing",
        "note": "",
        "failures": [],
        "closed_loop": {"1": FIGURE, "32": FIGURE},
        "open_loop": {"100/s": FIGURE},
        "to_best_peer": 1.0,
        "to_limit": 0.1,
    }
    return made | changes


def rendered(*servers: dict[str, Any]) -> str:
    document = {
        "measured_at": "2026-11-20T18:00:00+00:00",
        "machine": {"processor": "a processor", "cores": 2, "memory_gib": 24.0},
        "busy_before": 1.5,
        "plan": {"seconds": 4.0, "rounds": 3},
        "versions": {"wrk": "wrk 4.1.0"},
        "servers": list(servers),
    }
    return tables.render(document, "images/serving.svg")


def test_figures_ratios_and_failures_are_shown() -> None:
    text = rendered(server())
    assert "| LitServe | 1,234 | 0.50 | 12.0 | 1,234 |" in text
    assert "| 1.00 | 0.10 | nothing | 10 of 2,004 |" in text
    assert "(images/serving.svg)" in text
    assert "Others used 1.5 cores when the run began" in text


def test_what_could_not_be_measured_is_said_without_places_of_this_machine() -> None:
    failure = "could not be installed: see https://index.example/simple and /home/me/x/y.log"
    empty = server(closed_loop={}, open_loop={}, to_best_peer=None, failures=[failure, failure])
    text = rendered(server(), empty)
    assert "could not be installed: see … and … (and 1 more)" in text
    assert "index.example" not in text
    assert "/home" not in text


def test_those_with_a_model_of_their_own_stand_apart() -> None:
    text = rendered(server(), server(name="MLflow, own", same_onnx=False))
    head, _, rest = text.partition("As their users get them")
    assert "LitServe" in head
    assert "MLflow, own" not in head
    assert "MLflow, own" in rest
