"""Where the parts of a run lie while it is computed."""

from __future__ import annotations

import dataclasses
import pathlib


@dataclasses.dataclass(frozen=True, slots=True)
class RunDirectory:
    path: pathlib.Path

    @property
    def job(self) -> pathlib.Path:
        return self.path / "job.json"

    @property
    def data(self) -> pathlib.Path:
        return self.path / "data.parquet"

    @property
    def bundle(self) -> pathlib.Path:
        return self.path / "bundle.zip"

    @property
    def problem(self) -> pathlib.Path:
        return self.path / "problem.json"

    @property
    def output(self) -> pathlib.Path:
        """What the libraries print."""
        return self.path / "output.log"
