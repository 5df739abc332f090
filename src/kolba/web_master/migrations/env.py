"""Alembic's entry into the web master's history of tables."""

from __future__ import annotations

from kolba.kit.db import alembic_runner
from kolba.web_master import models as web_master_models

alembic_runner.run_environment(web_master_models.Base.metadata)
