"""Direct routes in the OpenAPI document, which the framework could not know of otherwise."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any, Protocol

import fastapi
from starlette import responses

from kolba.kit import errors
from kolba.kit.http import bodies, requirements

_PARAMETER = re.compile(r"\{(\w+)\}")


class Description(Protocol):
    """What `/docs` says of a direct route, in OpenAPI's own terms."""

    @property
    def path(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def parameters(self) -> Mapping[str, str]:
        """What each `{…}` of the path means."""
        ...

    @property
    def request_body(self) -> Mapping[str, Any]: ...
    @property
    def answers(self) -> Mapping[int | str, Mapping[str, Any]]:
        """Responses by status."""
        ...


def router(
    found: Iterable[Description], requires: requirements.Requirement | None = None
) -> fastapi.APIRouter:
    """Routes that are described, and refuse other methods with 405; a POST is answered before it comes here.

    `requires` is what the direct routes themselves require.
    """
    made = bodies.router(dependencies=[requirements.needs(requires)] if requires else [])
    for one in found:
        made.add_api_route(
            one.path,
            _endpoint(one),
            methods=["POST"],
            summary=one.summary,
            description=f"{one.summary}.\n\n{one.description}",
            tags=[one.tag],
            response_class=responses.Response,
            responses={status: dict(answer) for status, answer in one.answers.items()},
            openapi_extra={"requestBody": dict(one.request_body)},
            operation_id="post_" + re.sub(r"\W+", "_", one.path).strip("_"),
        )
    return made


def _endpoint(found: Description) -> Callable[..., Awaitable[None]]:
    async def answered_before(**_: str) -> None:
        raise errors.NotFound  # a path that only looks like it, such as one with a line end

    answered_before.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[str, fastapi.Path(description=found.parameters.get(name))],
            )
            for name in _PARAMETER.findall(found.path)
        ]
    )
    return answered_before
