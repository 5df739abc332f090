"""What storage can be told."""

from __future__ import annotations

from typing import ClassVar

import pydantic

from kolba.kit import settings
from kolba.kit.blobs import settings as blob_settings
from kolba.kit.db import settings as db_settings


class Settings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class UploadSettings(Settings):
    max_bytes: int = pydantic.Field(default=20_000_000_000, ge=1)
    """The largest body of an upload."""
    idle_seconds: float = pydantic.Field(default=60.0, gt=0)
    """An upload of which nothing arrives for so long is given up."""
    min_bytes_per_second: float = pydantic.Field(default=1000.0, ge=0)
    """An upload slower than this, on average, is given up. Not asked of Arrow, which comes as it is collected."""
    grace_seconds: float = pydantic.Field(default=30.0, ge=0)
    """How long an upload is waited for before it must have kept that pace."""
    concurrent: int = pydantic.Field(default=4, ge=1)
    """How many CSVs are read at once, each while it arrives; others wait their turn."""
    concurrent_whole: int = pydantic.Field(default=4, ge=1)
    """How many files and tables of other forms are read at once, each once it is there; others wait their turn."""


class TableSettings(Settings):
    max_columns: int = pydantic.Field(default=2000, ge=1)
    """The most columns of a data set."""
    max_line_bytes: int = pydantic.Field(default=1 << 20, ge=1024, le=1 << 26)
    """The longest line of a CSV; the most text in one row of an Arrow or Parquet table."""
    max_image_bytes: int = pydantic.Field(default=1 << 20, ge=1024, le=1 << 24)
    """The largest file in a column of images."""
    max_rows: int = pydantic.Field(default=1_000_000_000, ge=1)
    """The most rows of an Arrow or Parquet table."""
    max_decoded_bytes: int = pydantic.Field(default=20_000_000_000, ge=1)
    """What an Arrow or Parquet table may come to once it is unpacked."""
    threads: int = pydantic.Field(default=2, ge=1)
    """Threads that profile one data set."""
    memory_bytes: int = pydantic.Field(default=96 << 20, ge=32 << 20)
    """What profiling may hold in memory before it spills to the data folder."""


class RunSettings(Settings):
    max_attempts: int = pydantic.Field(default=3, ge=1)
    """How often a run whose worker is lost is taken up again before it fails."""
    reap_seconds: float = pydantic.Field(default=2.0, gt=0)
    """How often leases are looked through for lapsed ones."""
    max_checkpoint_bytes: int = pydantic.Field(default=128 << 20, ge=1024)
    """The most that a worker may keep of an unfinished run, to go on from: the largest network's needs 105 MiB."""
    poll_seconds: float = pydantic.Field(default=1.0, gt=0)
    """How often a waiting request looks for what another process of the service has changed."""


class ImageSettings(Settings):
    """Those that predictions show count as well, but are kept in any case."""

    max_per_person: int = pydantic.Field(default=100_000, ge=0)
    """The most images of one person."""
    max_bytes_per_person: int = pydantic.Field(default=1 << 30, ge=0)
    """All image files of one person together."""
    max_waiting: int = pydantic.Field(default=32, ge=1)
    """The most images that wait to be decoded, one after another; beyond it callers are told to come back."""


class PredictionSettings(Settings):
    max_body_bytes: int = pydantic.Field(default=100_000_000, ge=1000)
    """The largest batch of predictions. The web master's largest delivery must fit."""


class StorageSettings(settings.ServiceSettings):
    service: ClassVar[str] = "storage"

    database: db_settings.DatabaseSettings = db_settings.DatabaseSettings()
    """Where the catalog is kept."""
    blobs: blob_settings.BlobSettings = blob_settings.BlobSettings()
    """Where the bytes of data sets, bundles and files are kept."""
    upload: UploadSettings = UploadSettings()
    """Limits on what is sent here."""
    tables: TableSettings = TableSettings()
    """Limits on data sets and on the work of reading them."""
    runs: RunSettings = RunSettings()
    """Leases and waiting."""
    images: ImageSettings = ImageSettings()
    """Limits on the images that people keep."""
    predictions: PredictionSettings = PredictionSettings()
    """Limits on what the web master's outbox delivers."""
