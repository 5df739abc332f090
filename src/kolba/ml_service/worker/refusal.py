"""The end of a run that fails for a reason."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The run fails with `document`, a problem; `retry`: another attempt may go better."""

    def __init__(self, document: dict[str, Any], *, retry: bool = False) -> None:
        super().__init__(document.get("detail", ""))
        self.document = document
        self.retry = retry
