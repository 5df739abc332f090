"""How a report is asked for."""

from __future__ import annotations

from typing import Literal

import pydantic

from kolba.kit import text

Format = Literal["json", "html", "pdf", "latex"]


class ReportRequest(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    model_id: int = pydantic.Field(ge=1, le=2**63 - 1)
    """Of which model."""
    format: Format = "json"
    """The report's parts, or a document."""
    lang: text.Language | None = None
    """The document's language; where absent, the one of `Accept-Language`."""
