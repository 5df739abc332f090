"""What was measured, as Markdown."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
_HOPS = (
    ("postprocess", "postprocess: reading the request, choosing the largest, the answer"),
    ("network-preprocess", "between postprocess and preprocess"),
    ("preprocess", "preprocess: everything but the next two"),
    ("decode", "decoding the PNG, centring, scaling"),
    ("volume-write", "writing the tensor into the volume"),
    ("network-model", "between preprocess and model"),
    ("model", "model: reading the tensor, the answer"),
    ("model-wait", "waiting for a batch"),
    ("model-run", "ONNX Runtime"),
    ("caller", "**the whole, as the caller sees it**"),
)


def render(document: Document, picture: str) -> str:
    machine = document["machine"]
    said = (
        f"{document['measured_at'][:10]}; {machine['processor']}, {machine['cores']} cores, everything (load by wrk "
        f"included) on that one machine, which had a load of {document['load']:.1f} from other work; "
        f"{document['seconds']:g} s a figure, median of {document['rounds']}. The network: {document['network']}. "
        "Images: 28×28 PNG files."
    )
    return "\n\n".join(
        [
            said,
            _throughput(document),
            f"![Images a second, and latency]({picture})",
            _work(document),
            _hops(document),
            _others(document),
        ]
    )


def _throughput(document: Document) -> str:
    clients = document["clients"]
    head = ["layout"]
    for count in clients:
        head += [f"images/s, {count} client{'s' if count > 1 else ''}", "p50, ms", "p99, ms"]
    lines = [_row(head), _row(["---", *["---:"] * (len(head) - 1)])]
    for one in document["layouts"]:
        cells = [one["name"]]
        for count in clients:
            figure = one["figures"][str(count)]
            cells += [
                f"{figure['requests_per_second']:,.0f}",
                f"{figure['p50']:.2f}",
                f"{figure['p99']:.1f}",
            ]
        lines.append(_row(cells))
    failed = sum(
        figure["not_ok"] + figure["errors"]
        for one in document["layouts"]
        for figure in one["figures"].values()
    )
    return "\n".join(lines) + f"\n\n{failed} requests failed."


def _work(document: Document) -> str:
    """Processor time: what an idle machine and a busy one agree upon."""
    most = str(max(document["clients"]))
    services = ("postprocess", "preprocess", "model", "single")
    lines = [
        _row([f"processor time an image at {most} clients, µs", *services, "in all"]),
        _row(["---", *["---:"] * (len(services) + 1)]),
    ]
    for one in document["layouts"]:
        found = one["figures"][most]["microseconds"]
        cells = [f"{found[name]:.0f}" if name in found else "" for name in services]
        total = sum(found.get(name, 0.0) for name in services)
        lines.append(_row([one["name"], *cells, f"{total:.0f}"]))
    return "\n".join(lines)


def _hops(document: Document) -> str:
    layouts = [one for one in document["layouts"] if one["hops"] and one["replicas"] == 1]
    lines = [
        _row(["one client: where the time goes, ms (medians)", *[one["name"] for one in layouts]]),
        _row(["---", *["---:"] * len(layouts)]),
    ]
    for name, meaning in _HOPS:
        cells = [one["hops"].get(name) for one in layouts]
        if any(cell is not None for cell in cells):
            lines.append(
                _row([meaning, *["" if cell is None else f"{cell:.3f}" for cell in cells]])
            )
    return "\n".join(lines)


def _others(document: Document) -> str:
    lines = [
        _row(
            [
                "one client, ms (median)",
                "kept connection",
                "a new one each time",
                "a drawing of 280×280",
            ]
        ),
        _row(["---", "---:", "---:", "---:"]),
    ]
    for one in document["layouts"]:
        cells = [one["hops"]["caller"], one["unkept"], one["drawing"]]
        lines.append(_row([one["name"], *[f"{cell:.2f}" for cell in cells]]))
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
