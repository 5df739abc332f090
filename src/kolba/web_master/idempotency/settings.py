"""What can be set of idempotency keys."""

from __future__ import annotations

import pydantic


class IdempotencySettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    keep_hours: float = pydantic.Field(default=24.0, gt=0)
    """How long a key's answer is kept; after that the key is new again."""
    wait_seconds: float = pydantic.Field(default=10.0, ge=0)
    """How long a repetition waits for the first one's answer before it is told to come back (409)."""
    lease_seconds: float = pydantic.Field(default=15.0, ge=1)
    """A web master that has not been heard of for so long has died; what it was doing may be done again."""
    max_answer_bytes: int = pydantic.Field(default=10_000_000, ge=0)
    """A longer answer is given but not kept: a repetition is only told that it was done."""
