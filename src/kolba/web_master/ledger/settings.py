"""What the ledger can be told."""

from __future__ import annotations

from typing import Literal

import pydantic

from kolba.web_master.ledger import amounts


class LedgerSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    top_up_provider: Literal["off", "demo"] = "off"
    """Whether people top up for themselves (`POST /balance/top-ups`): `off`, or `demo`, which asks for no money."""
    top_up_cap: int = pydantic.Field(default=1000, ge=1, le=amounts.MAX_BALANCE)
    """Credits: topping up for oneself ends at this balance."""
    prices_fresh_seconds: float = pydantic.Field(default=1.0, gt=0, le=1)
    """How soon a price that was set at another web master counts here."""
    follow_interval_seconds: float = pydantic.Field(default=3.0, gt=0)
    """How often the runs that credits are held for are looked at."""
    lost_after_seconds: float = pydantic.Field(default=120.0, ge=0)
    """Credits held for a run that storage does not know after so long, or for an answer that was not given, are given
    back; set it above the longest that queueing a run may take."""
