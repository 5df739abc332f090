"""What a route requires of whoever asks. Every route declares it; `app.create` refuses one that does not.

@router.get("/datasets", dependencies=[requirements.needs(requirements.SIGNED_IN)])
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import fastapi
from fastapi import params, routing

from kolba.kit import context, errors, identity, text

Check = Callable[[identity.Person, Mapping[str, Any]], None]
"""Given who asks and what the application's lifespan opened; raises a `KolbaError` of status 401 or 403."""


class SignInRequired(errors.KolbaError):
    status = 401
    slug = "sign-in-required"
    title = text.Text(en="Sign in first", ru="Сначала войдите")
    detail = text.Text(
        en="This needs an account. Sign in, or send `Authorization: Bearer <token>`.",
        ru="Здесь нужна учётная запись. Войдите или пришлите `Authorization: Bearer <токен>`.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class ForServicesOnly(errors.KolbaError):
    status = 403
    slug = "for-services-only"
    title = text.Text(en="Not for people", ru="Не для людей")
    detail = text.Text(
        en="Only Kolba's own services may ask this.", ru="Это могут спрашивать только службы Kolba."
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Requirement:
    """Callable as the framework's dependency."""

    name: str
    """As the documentation shows it, such as `signed in` or `right: upload`."""
    check: Check = dataclasses.field(compare=False)

    async def __call__(self, request: fastapi.Request) -> None:
        self.check(context.current().person, request.scope["state"])


def needs(requirement: Requirement) -> params.Depends:
    """For a route's or a router's `dependencies`."""
    return params.Depends(requirement)


def _anybody(person: identity.Person, state: Mapping[str, Any]) -> None:
    pass


def _signed_in(person: identity.Person, state: Mapping[str, Any]) -> None:
    if person.refused is not None or not person.is_known:
        raise person.refused or SignInRequired()


def _service(person: identity.Person, state: Mapping[str, Any]) -> None:
    _signed_in(person, state)
    if not person.is_service and person.via != "local":
        raise ForServicesOnly


OPEN = Requirement("nobody in particular", _anybody)
"""Health, metrics, documentation, signing in."""
SIGNED_IN = Requirement("signed in", _signed_in)
SERVICE = Requirement("a service", _service)
"""What services ask of one another and no person does; the local person of a loopback start may look."""


class RouteWithoutRequirement(RuntimeError):
    """A defect: nobody decided who may use a route."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A route and what it requires."""

    route: routing.APIRoute
    methods: frozenset[str]
    path: str
    """As OpenAPI writes it."""
    requirements: tuple[Requirement, ...]
    """All of them count; a route's own comes after its router's, and is the narrower one."""


def declared(app: fastapi.FastAPI) -> Iterator[Declared]:
    """Every route with what it requires. Raises `RouteWithoutRequirement`."""
    for route in routing.iter_route_contexts(app.routes):
        if not isinstance(route.original_route, routing.APIRoute):
            continue  # the documentation's own files
        methods, path = frozenset(route.methods or ()), route.path_format or ""
        chosen = [
            one.dependency for one in route.dependencies if isinstance(one.dependency, Requirement)
        ]
        if not chosen:
            raise RouteWithoutRequirement(f"{sorted(methods)} {path}")
        yield Declared(
            route=route.original_route, methods=methods, path=path, requirements=tuple(chosen)
        )


def install(app: fastapi.FastAPI) -> None:
    """Have `check_early` know of all of the application's routes. Raises `RouteWithoutRequirement`."""
    early: dict[int, tuple[Requirement, ...]] = {}
    for one in declared(app):
        early[id(one.route)] = (*early.get(id(one.route), ()), *one.requirements)
    app.state.requirements = early


def check_early(request: fastapi.Request, route: routing.APIRoute) -> None:
    """Before anything of the request is read: the framework looks at dependencies only after it has read the body.

    Whoever may not ask is told so whatever they sent, and cannot make the service read it.
    """
    early: Mapping[int, tuple[Requirement, ...]] = getattr(request.app.state, "requirements", {})
    for one in early.get(id(route), ()):
        one.check(context.current().person, request.scope["state"])
