"""Alembic's entry: storage's tables, all of them imported."""

from __future__ import annotations

from kolba.kit.db import alembic_runner
from kolba.storage.aliases import models as alias_models
from kolba.storage.catalog import models
from kolba.storage.datasets import models as dataset_models
from kolba.storage.files import models as file_models
from kolba.storage.images import models as image_models
from kolba.storage.models import models as model_models
from kolba.storage.predictions import models as prediction_models
from kolba.storage.runs import models as run_models

TABLES = (
    dataset_models.DatasetRow,
    dataset_models.DatasetNameRow,
    file_models.FileRow,
    image_models.ImageRow,
    image_models.ContentRow,
    image_models.ThumbnailRow,
    image_models.PredictionImageRow,
    model_models.ModelRow,
    model_models.ModelNameRow,
    run_models.RunRow,
    run_models.RunEventRow,
    run_models.CheckpointRow,
    alias_models.AliasRow,
    alias_models.AliasChangeRow,
    prediction_models.SeriesRow,
    prediction_models.PredictionRow,
)

alembic_runner.run_environment(models.Base.metadata)
