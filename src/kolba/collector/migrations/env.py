"""Alembic's entry: the collector's tables, all of them imported."""

from __future__ import annotations

from kolba.collector import models
from kolba.collector.batches import models as batch_models
from kolba.collector.contributions import models as contribution_models
from kolba.collector.journal import models as journal_models
from kolba.kit.db import alembic_runner

TABLES = (
    batch_models.CursorRow,
    contribution_models.ContributionRow,
    contribution_models.ContributionChangesRow,
    journal_models.JournalRow,
)

alembic_runner.run_environment(models.Base.metadata)
