"""Which requests are written into the log, and what their objects are called."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

from starlette import routing

from kolba.kit.http import requirements
from kolba.web_master.audit import service

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
READS = frozenset({"download", "export", "statement"})
"""A GET is written where its path ends so: data leaves the house."""
UNWRITTEN = frozenset(
    {
        # Predictions have a history of their own, and must be fast.
        "POST /predict",
        "POST /predict/{model}",
        "POST /v2/models/{model}/infer",
        "POST /v2/models/{model}/versions/{version}/infer",
        "POST /models/{model}/invocations",
        "POST /invocations",
        "POST /scenarios/infer-model",
        # These ask, and change nothing.
        "POST /v2/repository/index",
    }
)
UNANNOUNCED = frozenset({"POST /auth/token", "POST /auth/session"})
"""Written once only, before the answer is given: a session that nobody was told of opens nothing."""
_KINDS = {
    "aliases": "alias",
    "auth": "session",
    "batch-predictions": "run",
    "balance": "person",
    "history": "history",
    "me": "person",
    "people": "person",
    "POST /auth/register": "person",
    "POST /me/tokens": "token",
    "DELETE /me/tokens/{token_id}": "token",
    "v2": "model",
    "POST /scenarios/collect-and-store": "dataset",
    "POST /scenarios/train-model": "run",
    "POST /train": "run",
    "POST /fine-tune": "run",
    "user-data": "contribution",
    "POST /upload/dataset": "dataset",
}
"""What objects are called where the first word of the path does not say it in the singular."""
_OWN = frozenset({"balance", "me"})
"""Paths beginning so are about whoever asks."""
_TELLING = {
    "PATCH /datasets/{dataset_id}": ("name", "shared_with"),
    "PATCH /files/{file_id}": ("name", "shared_with"),
    "PATCH /models/{model_id}": ("shared_with",),
    "PATCH /people/{name}": ("group", "state"),
    "POST /aliases/{model}/{alias}/rollback": ("version",),
    "POST /invitations": ("group",),
    "POST /me/tokens": ("name", "scopes"),
    "POST /people": ("group",),
    "PUT /aliases/{model}/{alias}": ("version",),
}
"""What an answer says of the deed: how it is now that it is done. No secrets."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A route whose requests are written."""

    action: str
    kind: str
    announced: bool
    """Whether an entry says so before it is done."""
    pattern: re.Pattern[str]
    requirements: tuple[requirements.Requirement, ...]
    is_own: bool
    """Whether it is about whoever asks."""
    telling: tuple[str, ...] = ()
    """Members of a JSON answer that go into the details."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    target: Target
    object_id: str
    """The path's parameters, joined by `/`; empty where it has none."""


class Policy:
    """Made of an application's routes, in their order."""

    def __init__(self, declared: Iterable[requirements.Declared]) -> None:
        self._targets: dict[str, list[Target]] = {}
        for one in declared:
            for method in sorted(one.methods):
                if is_written(method, one.path):
                    self._targets.setdefault(method, []).append(_target(method, one))

    @property
    def actions(self) -> list[str]:
        """What there can be in the log, but for commands."""
        return [target.action for targets in self._targets.values() for target in targets]

    def find(self, method: str, path: str) -> Match | None:
        """The route that this request is for; None: it is not written."""
        for target in self._targets.get(method, ()):
            found = target.pattern.match(path)
            if found is not None:
                return Match(target=target, object_id="/".join(found.groupdict().values()))
        return None


def is_written(method: str, path: str) -> bool:
    """Whether requests of a route are."""
    if method in SAFE_METHODS:
        return method == "GET" and path.rpartition("/")[2].partition(".")[0] in READS
    return f"{method} {path}" not in UNWRITTEN


def _target(method: str, one: requirements.Declared) -> Target:
    action = f"{method} {one.path}"
    return Target(
        action=action,
        kind=_KINDS.get(action)
        or _KINDS.get(_first(one.path))
        or _first(one.path).removesuffix("s"),
        announced=method not in SAFE_METHODS and action not in UNANNOUNCED,
        pattern=routing.compile_path(one.path)[0],
        requirements=one.requirements,
        is_own=_first(one.path) in _OWN,
        telling=_TELLING.get(action, ()),
    )


def _first(path: str) -> str:
    """`/datasets/{dataset_id}` is about `datasets`."""
    return path.strip("/").partition("/")[0]


def outcome_of(status: int | None) -> service.Outcome:
    """In one word; None: the caller left before there was an answer."""
    if status is None:
        return "unanswered"
    if status < 400:
        return "done"
    return "refused" if status < 500 else "failed"
