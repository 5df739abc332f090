"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import os
import pathlib
import types
import typing
from collections.abc import Iterator

import pydantic
import pytest
import yaml

import kolba
from kolba.kit import settings

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = pathlib.Path(kolba.__file__).parent
CONTENDERS = ROOT / "bench" / "serving" / "servers"
"""Other servers, in environments of their own, with models kept their own way."""
IGNORED = {".git", ".venv", "data", "node_modules", "__pycache__", "build", "dist"}
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
# In two pieces, so that this file is not what it looks for.
REGISTRY_HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "registry.npmjs" + ".org")
SERVICES = sorted(
    path.parent.relative_to(PACKAGE.parent).as_posix().replace("/", ".")
    for path in PACKAGE.rglob("config.yaml")
    if (path.parent / "settings.py").exists()
)


def own_files() -> Iterator[pathlib.Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in IGNORED and not name.endswith("_cache")
        ]
        yield from (pathlib.Path(folder) / name for name in files)


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_nothing_imports_what_unpickles() -> None:
    guilty = [
        f"{path}: {name}"
        for path in own_files()
        if path.suffix == ".py" and CONTENDERS not in path.parents
        for name in imported(path.read_text("utf-8"))
        if name.partition(".")[0] in UNPICKLERS
    ]
    assert guilty == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the operator's choice, made in pip's and npm's configuration."""
    guilty = [
        str(path)
        for path in own_files()
        if any(host.encode() in path.read_bytes() for host in REGISTRY_HOSTS)
    ]
    assert guilty == []


def lock_of(path: pathlib.Path) -> str:
    """The lock that the image which runs a module of a service installs."""
    service, *inner = path.relative_to(PACKAGE).parts
    trains = service == "ml_service" and inner[0] in {"families", "training", "worker"}
    return "worker" if trains else service


def locked(name: str) -> set[str]:
    """The distributions that a lock pins."""
    lines = (ROOT / "requirements" / f"{name}.lock").read_text("utf-8").splitlines()
    beside = {"torch"} if name == "worker" else set()  # its Dockerfile installs it apart
    return beside | {line.partition("==")[0] for line in lines if "==" in line}


def test_an_image_has_all_that_its_service_imports() -> None:
    providers = importlib.metadata.packages_distributions()
    missing = set()
    for service in {name.split(".")[1] for name in SERVICES}:
        for path in (PACKAGE / service).rglob("*.py"):
            pinned = locked(lock_of(path))
            for name in imported(path.read_text("utf-8")):
                names = {
                    given.lower().replace("_", "-")
                    for given in providers.get(name.partition(".")[0], [])
                }
                if names and names != {"kolba"} and not names & pinned:
                    missing.add(f"{path.relative_to(PACKAGE)} imports {name}")
    assert sorted(missing) == []


def settings_class(service: str) -> type[settings.ServiceSettings]:
    module = importlib.import_module(f"{service}.settings")
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, settings.ServiceSettings) and member.__module__ == module.__name__
    ]
    assert len(found) == 1, f"{service}.settings has {len(found)} settings classes"
    return found[0]


def models_in(annotation: object) -> Iterator[type[pydantic.BaseModel]]:
    """The models that a field's type is made of."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, pydantic.BaseModel):
            yield annotation
    else:
        for argument in typing.get_args(annotation):
            yield from models_in(argument)


def undocumented(model: type[pydantic.BaseModel], path: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if not field.description:
            yield f"{path}.{name}"
        for inner in models_in(field.annotation):
            if inner.__module__.endswith("settings"):
                yield from undocumented(inner, f"{path}.{name}")


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_documented(service: str) -> None:
    assert list(undocumented(settings_class(service), service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_overrides_the_packaged_configuration(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings_class(service)
    packaged = settings.load(chosen)
    monkeypatch.setenv(f"{settings.environment_prefix(chosen.service)}PORT", "12345")
    monkeypatch.setenv(f"{settings.environment_prefix(chosen.service)}LOG__LEVEL", "WARNING")
    changed = settings.load(chosen)
    assert (changed.port, changed.log.level) == (12345, "WARNING")
    assert packaged.port != 12345
    assert changed.host == packaged.host == "127.0.0.1"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("Dockerfile")), ids=lambda p: p.parent.name)
def test_an_image_has_its_lock_and_its_port(path: pathlib.Path) -> None:
    text = path.read_text("utf-8")
    lock = text.partition("COPY requirements/")[2].split()[0]
    assert (ROOT / "requirements" / lock).exists()
    port = yaml.safe_load((path.parent / "config.yaml").read_text("utf-8"))["port"]
    assert f"EXPOSE {port}\n" in text
    assert f"http://127.0.0.1:{port}/health" in text
