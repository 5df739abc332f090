"""The paths of predictions, in the three protocols, and which model they mean."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any, Final

from kolba.inference.protocols import v2

_MODEL: Final = r"(?P<model>[^/]+)"
DIGITS: Final = "/predict"
"""Names no model: the digits' answers."""
_PATTERNS: Final = (
    ("plain", DIGITS, re.compile(f"{DIGITS}(?P<model>)")),
    ("plain", "/predict/{model}", re.compile(rf"/predict/{_MODEL}")),
    ("v2", "/v2/models/{model}/infer", re.compile(rf"/v2/models/{_MODEL}/infer")),
    (
        "v2",
        "/v2/models/{model}/versions/{version}/infer",
        re.compile(rf"/v2/models/{_MODEL}/versions/(?P<version>[^/]+)/infer"),
    ),
    ("mlflow", "/models/{model}/invocations", re.compile(rf"/models/{_MODEL}/invocations")),
    ("mlflow", "/invocations", re.compile("/invocations(?P<model>)")),
)
_OPEN_INFERENCE: Final = re.compile("/v2(/.*)?", re.DOTALL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path asks for."""

    protocol: str
    template: str
    name: str
    """Empty: the digits' model at `DIGITS`, elsewhere the default one."""
    reference: str | None
    """An alias or a version's name; None: `production`, or the newest."""


@functools.lru_cache(maxsize=4096)
def target_of(path: str) -> Target | None:
    """The prediction that a POST to `path` asks for; `name@reference` means an alias or a version."""
    for protocol, template, pattern in _PATTERNS:
        found = pattern.fullmatch(path)
        if found is not None:
            name, alias = meant(found["model"])
            if found["model"] and not name:
                return None
            version = found.groupdict().get("version")
            return Target(
                protocol=protocol, template=template, name=name, reference=version or alias
            )
    return None


def named(target: Target, called: str) -> Target:
    """`target` with the model that is meant in its place."""
    name, reference = meant(called)
    return dataclasses.replace(target, name=name, reference=reference)


def meant(called: str) -> tuple[str, str | None]:
    """A model's name and, where it stands after an `@`, an alias or a version."""
    name, _, reference = called.partition("@")
    return name, reference or None


def explain(path: str, problem: dict[str, Any]) -> dict[str, Any]:
    """A problem document as the clients of the protocol spoken at `path` can read it."""
    return v2.with_error(problem) if _OPEN_INFERENCE.fullmatch(path) else problem
