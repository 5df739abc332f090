"""What can be told about a database."""

from __future__ import annotations

import pathlib

import pydantic


class DatabaseSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    url: str | None = None
    """`postgresql+psycopg://…`; None: a SQLite file in the service's data folder."""
    pool_size: int = pydantic.Field(default=10, ge=1)
    """Connections kept open (PostgreSQL)."""
    busy_timeout_seconds: float = pydantic.Field(default=10.0, gt=0)
    """How long a writer waits for another (SQLite)."""

    def url_in(self, folder: pathlib.Path, service: str) -> str:
        """The URL; where none is set, of `<service>.db` in `folder`."""
        return self.url or f"sqlite:///{folder / f'{service}.db'}"
