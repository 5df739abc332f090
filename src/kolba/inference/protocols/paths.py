"""The paths of predictions, in the three protocols, and which model they mean."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Final

_MODEL: Final = r"(?P<model>[^/]+)"
_PATTERNS: Final = (
    ("plain", "/predict/{model}", re.compile(rf"/predict/{_MODEL}")),
    ("v2", "/v2/models/{model}/infer", re.compile(rf"/v2/models/{_MODEL}/infer")),
    (
        "v2",
        "/v2/models/{model}/versions/{version}/infer",
        re.compile(rf"/v2/models/{_MODEL}/versions/(?P<version>[^/]+)/infer"),
    ),
    ("mlflow", "/models/{model}/invocations", re.compile(rf"/models/{_MODEL}/invocations")),
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path asks for."""

    protocol: str
    template: str
    name: str
    reference: str | None
    """An alias or a version's name; None: `production`, or the newest."""


@functools.lru_cache(maxsize=4096)
def target_of(path: str) -> Target | None:
    """The prediction that a POST to `path` asks for; `name@reference` means an alias or a version."""
    for protocol, template, pattern in _PATTERNS:
        found = pattern.fullmatch(path)
        if found is not None:
            name, _, alias = found["model"].partition("@")
            version = found.groupdict().get("version")
            return Target(
                protocol=protocol, template=template, name=name, reference=version or alias or None
            )
    return None
