"""What can be told about the audit log."""

from __future__ import annotations

import pydantic


class AuditSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    refusals_per_minute: int = pydantic.Field(default=60, ge=1)
    """Of one address, at most so many requests a minute that nobody known made, or that were refused (401, 403, 429),
    are written one by one; the others are counted, and the next such entry says how many they were."""
