"""A summary as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bench.serving.summary import Document

_PLACES = re.compile(r"\w+://\S+|(?<![\w.])/(?:[^\s/'\"]+/){2,}[^\s'\"]*")
_OPEN_LOOP = (
    "Open loop: requests fall due at a constant rate, a share of what each server bore above in the "
    "same round, and a latency counts from when its request was due."
)
_ORDER = ("limit", "framework", "kolba", "peer")


def render(document: Document, image: str) -> str:
    """The tables, what a reader must know of them, and the picture at `image`."""
    servers = sorted(document["servers"], key=_place)
    common = [one for one in servers if one["same_onnx"]]
    own = [one for one in servers if not one["same_onnx"]]
    parts = [_introduction(document), _closed_table(common)]
    if own:
        parts += ["As their users get them, with the scikit-learn pipeline itself:"]
        parts += [_closed_table(own)]
    parts += [
        _OPEN_LOOP,
        _open_table(servers),
        f"![Requests a second, and latency under a constant rate]({image})",
        _notes(document, servers),
    ]
    return "\n\n".join(part for part in parts if part)


def _place(server: Document) -> tuple[int, float]:
    return _ORDER.index(server["kind"]), -(server["to_limit"] or 0.0)


def _introduction(document: Document) -> str:
    machine, plan = document["machine"], document["plan"]
    return (
        f"{document['measured_at'][:10]}; {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB; the load ({document['versions']['wrk']}, one thread) on the same "
        f"machine; {plan['seconds']:g} s a figure, median of {plan['rounds']}. One row a request of a forest "
        "of 100 trees with 7 features; every server with one worker and ONNX Runtime on one thread. "
        "Ratios are of requests/s at 32 clients."
    )


def _closed_table(servers: Sequence[Document]) -> str:
    clients = sorted({int(key) for one in servers for key in one["closed_loop"]})
    head = ["server"]
    for number in clients:
        head += [f"requests/s, {number} client{'s' * (number > 1)}", "p50, ms", "p99, ms"]
    head += ["× best peer", "× limit", "records", "failed"]
    return _table(head, [_closed_row(server, clients) for server in servers])


def _closed_row(server: Document, clients: Sequence[int]) -> list[str]:
    row = [server["name"]]
    for number in clients:
        figure = server["closed_loop"].get(str(number))
        row += (
            [
                f"{figure['requests_per_second']:,.0f}",
                _milliseconds(figure["p50"]),
                _milliseconds(figure["p99"]),
            ]
            if figure
            else ["–"] * 3
        )
    return [
        *row,
        _ratio(server["to_best_peer"]),
        _ratio(server["to_limit"]),
        server["records"],
        _failed(server["closed_loop"]),
    ]


def _open_table(servers: Sequence[Document]) -> str:
    labels: list[str] = []
    for server in servers:
        labels += [label for label in server["open_loop"] if label not in labels]
    head = ["server"]
    for label in labels:
        head += [f"{label}: rate", "p50, ms", "p99, ms"]
    return _table([*head, "failed"], [_open_row(server, labels) for server in servers])


def _open_row(server: Document, labels: Sequence[str]) -> list[str]:
    row = [server["name"]]
    for label in labels:
        figure = server["open_loop"].get(label)
        row += (
            [f"{figure['rate']:,.0f}", _milliseconds(figure["p50"]), _milliseconds(figure["p99"])]
            if figure
            else ["–"] * 3
        )
    return [*row, _failed(server["open_loop"])]


def _notes(document: Document, servers: Sequence[Document]) -> str:
    lines = [
        f"- {server['name']}: {text}."
        for server in servers
        for text in [server["note"], _failures(server["failures"])]
        if text
    ]
    return "\n".join([*lines, *_generator_notes(document, servers)])


def _failures(said: Sequence[str]) -> str:
    """The first, and how many more; without addresses and places of this machine."""
    if not said:
        return ""
    first = _PLACES.sub("…", " ".join(said[0].split()))
    return first + (f" (and {len(said) - 1} more)" if said[1:] else "")


def _generator_notes(document: Document, servers: Sequence[Document]) -> Iterator[str]:
    cores = document["machine"]["cores"]
    if document["busy_before"] > 0.1:
        yield f"- Others used {document['busy_before']:.1f} cores when the run began: do not trust it."
    closed = [figure for one in servers for figure in one["closed_loop"].values()]
    opened = [figure for one in servers for figure in one["open_loop"].values()]
    if closed:
        most = max(figure["load_cores"] for figure in closed)
        yield f"- wrk took at most {most:.2f} of the {cores} cores."
    if opened:
        most = max(figure["load_cores"] for figure in opened)
        late = max(figure["late_p99"] for figure in opened)
        yield (
            f"- The open loop's generator took at most {most:.2f} of the {cores} cores and was itself "
            f"at most {_milliseconds(late)} ms late (99th percentile): finer it cannot resolve."
        )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def _milliseconds(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _failed(measured: Document) -> str:
    """Answers of another status, and requests without an answer, over all rounds."""
    wrong = sum(figure["not_ok"] + figure["errors"] for figure in measured.values())
    asked = sum(figure["requests"] + figure["errors"] for figure in measured.values())
    return "0" if not wrong else f"{wrong:,} of {asked:,}"
