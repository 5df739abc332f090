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
    def batch(self) -> pathlib.Path:
        """What a prediction over a data set is asked to do; there instead of `job`."""
        return self.path / "batch.json"

    @property
    def request(self) -> pathlib.Path:
        """A single request to answer; there instead of `job`."""
        return self.path / "request.json"

    @property
    def tuning(self) -> pathlib.Path:
        """What a fine-tuning is asked to do; there instead of `job`."""
        return self.path / "tuning.json"

    @property
    def parent(self) -> pathlib.Path:
        """The bundle that a fine-tuning goes on from."""
        return self.path / "parent.zip"

    @property
    def base(self) -> pathlib.Path:
        """What the parent learned from."""
        return self.path / "base.parquet"

    @property
    def outcome(self) -> pathlib.Path:
        """What a prediction says of itself."""
        return self.path / "outcome.json"

    @property
    def answers(self) -> pathlib.Path:
        """The rows with their answers."""
        return self.path / "answers.parquet"

    @property
    def data(self) -> pathlib.Path:
        return self.path / "data.parquet"

    @property
    def bundle(self) -> pathlib.Path:
        """What a training makes, and what a prediction asks."""
        return self.path / "bundle.zip"

    @property
    def checkpoint(self) -> pathlib.Path:
        """What a training has come to so far."""
        return self.path / "checkpoint.safetensors"

    @property
    def earlier(self) -> pathlib.Path:
        """What an earlier attempt had come to."""
        return self.path / "earlier.safetensors"

    @property
    def problem(self) -> pathlib.Path:
        return self.path / "problem.json"

    @property
    def output(self) -> pathlib.Path:
        """What the libraries print."""
        return self.path / "output.log"
