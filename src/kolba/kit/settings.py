"""Settings: `config.yaml` of the service < environment `KOLBA_<SERVICE>__…` < a directory of secrets."""

from __future__ import annotations

import difflib
import importlib.resources
import ipaddress
import os
import pathlib
from typing import Any, ClassVar, TypeVar

import pydantic
import pydantic_settings
import yaml

from kolba.kit import identity


class LogSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    level: str = pydantic.Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """The least severe line that is written."""
    directory: pathlib.Path | None = None
    """Where `<service>.log` is kept, as JSON lines; None: standard output only."""
    max_bytes: int = pydantic.Field(default=10_000_000, ge=10_000)
    """A log file is rotated when it reaches this size."""
    backups: int = pydantic.Field(default=5, ge=0)
    """How many rotated log files are kept."""
    standard_output: bool = True
    """Whether lines also go to standard output, where a container's engine collects them."""


class HttpSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    max_body_bytes: int = pydantic.Field(default=10_000_000, ge=1000)
    """The largest body accepted, but for routes that say otherwise (uploads)."""
    allowed_hosts: list[str] = ["localhost", "127.0.0.1", "[::1]"]
    """`Host` names that are answered; others are refused, which stops DNS rebinding. `*` allows all."""
    allowed_origins: list[str] = []
    """Besides the service's own, the `Origin`s of web pages that may send requests here."""
    trusted_proxies: list[pydantic.IPvAnyNetwork] = []
    """Addresses or networks of proxies whose `X-Forwarded-For` is believed: client addresses in the audit log and in
    rate limits."""
    graceful_shutdown_seconds: float = pydantic.Field(default=3.0, ge=0)
    """How long open requests may take to finish when the service is told to stop."""
    drain_seconds: float = pydantic.Field(default=0.0, ge=0, le=600)
    """How long, told to stop (SIGTERM), a service that has a `/ready` goes on answering while it says there that it is
    not: balancers have turned to others by then."""


class AuthSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    local_user: str | None = "researcher"
    """Whoever reaches a service that listens on loopback acts, unless signed in, as a member of this group. None (or
    empty): everyone signs in, and no other address may be listened on without that."""
    groups: dict[str, list[str]] = {
        "client": [],
        "researcher": ["client"],
        identity.ADMIN: ["researcher", "client"],
    }
    """Every group there is, and those whose members its members are too."""
    keys_dir: pathlib.Path | None = None
    """The folder in which services publish the public halves of their keys, each in a folder of its own name, and
    find those of the others. None: no tokens are exchanged, which only a start on loopback allows."""
    key_days: float = pydantic.Field(default=30.0, gt=0, le=3650)
    """A key that signs tokens is replaced when it is so old."""

    @pydantic.field_validator("local_user")
    @classmethod
    def _read_empty_as_none(cls, value: str | None) -> str | None:
        return value or None

    def belonging(self, group: str) -> tuple[str, ...]:
        """Every group that a member of `group` belongs to."""
        return (group, *self.groups[group])


def is_loopback(host: str) -> bool:
    """Whether what listens on `host` can be reached from its own machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class StartRefused(Exception):
    """The settings would leave the service open to anyone; the message says what to set."""


class ServiceSettings(pydantic_settings.BaseSettings):
    """What every service can be told. A service adds its own fields in its `settings.py`."""

    model_config = pydantic_settings.SettingsConfigDict(
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        nested_model_default_partial_update=True,
    )

    service: ClassVar[str]
    """The service's name: its package, its log file, its part of the environment."""
    package: ClassVar[str | None] = None
    """Where its `config.yaml` lies, if not in `kolba.<service>`."""

    host: str
    """The address to listen on."""
    port: int = pydantic.Field(ge=0, le=65535)
    """The port to listen on; 0 takes a free one."""
    data_dir: pathlib.Path
    """The service's own folder for what it keeps."""
    log: LogSettings = LogSettings()
    """Where the log goes."""
    http: HttpSettings = HttpSettings()
    """Limits at the edge."""
    auth: AuthSettings = AuthSettings()
    """Who may ask."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[pydantic_settings.BaseSettings],
        init_settings: pydantic_settings.PydanticBaseSettingsSource,
        env_settings: pydantic_settings.PydanticBaseSettingsSource,
        dotenv_settings: pydantic_settings.PydanticBaseSettingsSource,
        file_secret_settings: pydantic_settings.PydanticBaseSettingsSource,
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        # The plain source finds no secret inside a section, such as `database.url`.
        secrets = pydantic_settings.NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_prefix=environment_prefix(cls.service),
        )
        return (init_settings, secrets, env_settings, _YamlFile(settings_cls))


class _YamlFile(pydantic_settings.InitSettingsSource):
    """The service's `config.yaml`: the one in its package, or the file named by `KOLBA_<SERVICE>__CONFIG`."""

    def __init__(self, settings_cls: type[pydantic_settings.BaseSettings]) -> None:
        service: str = settings_cls.service  # type: ignore[attr-defined]
        package: str | None = settings_cls.package  # type: ignore[attr-defined]
        super().__init__(settings_cls, read_config(service, package))


def read_config(service: str, package: str | None = None) -> dict[str, Any]:
    """The content of the service's `config.yaml`. Raises `FileNotFoundError` when a named file is absent."""
    named = os.environ.get(f"{environment_prefix(service)}CONFIG")
    if named:
        content = pathlib.Path(named).read_text("utf-8")
    else:
        content = (
            importlib.resources.files(package or f"kolba.{service}") / "config.yaml"
        ).read_text("utf-8")
    return yaml.safe_load(content) or {}


def environment_prefix(service: str) -> str:
    return f"KOLBA_{service.upper()}__"


def check_exposure(config: ServiceSettings) -> None:
    """Whoever can be reached from other machines answers to sign-in only. Raises `StartRefused`."""
    prefix = f"{environment_prefix(config.service)}AUTH__"
    if config.auth.local_user is not None and not is_loopback(config.host):
        raise StartRefused(
            f"{config.service} is to listen on {config.host}, where other machines reach it, and auth.local_user lets "
            f"everyone in without signing in. Set {prefix}LOCAL_USER to nothing (and {prefix}KEYS_DIR to the "
            f"folder of keys that all services share), or listen on 127.0.0.1."
        )
    if config.auth.local_user is None and config.auth.keys_dir is None:
        raise StartRefused(
            f"everyone signs in at {config.service} (auth.local_user is empty), but it has no keys to check that by. "
            f"Set {prefix}KEYS_DIR to the folder of keys that all services share."
        )


Settings = TypeVar("Settings", bound=ServiceSettings)


def load(settings_class: type[Settings], **overrides: Any) -> Settings:
    """Read a service's settings. Only `__main__` calls this without overrides; tests give theirs.

    Raises `pydantic.ValidationError` naming each wrong field, `UnknownSetting` for a misspelt variable.
    """
    _check_names(settings_class)
    secrets = os.environ.get("KOLBA_SECRETS_DIR")
    return settings_class(
        _env_prefix=environment_prefix(settings_class.service),
        _secrets_dir=secrets,
        **overrides,
    )


class UnknownSetting(ValueError):
    """A variable of the environment that looks like a setting and is none."""


def _check_names(settings_class: type[ServiceSettings]) -> None:
    """A misspelt variable would otherwise be passed over, and the operator believe that it counts."""
    prefix = environment_prefix(settings_class.service)
    known = [name.upper() for name in settings_class.model_fields]
    for variable in os.environ:
        name = variable.removeprefix(prefix).partition("__")[0]
        if not variable.startswith(prefix) or name in known or name == "CONFIG":
            continue
        close = difflib.get_close_matches(name, known, n=1)
        hint = (
            f"did you mean {prefix}{close[0]}?" if close else f"it has {', '.join(sorted(known))}"
        )
        raise UnknownSetting(f"{variable} names no setting of {settings_class.service}; {hint}")
