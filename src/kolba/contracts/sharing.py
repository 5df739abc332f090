"""What can be shared, and with whom."""

from __future__ import annotations

from typing import Annotated

import pydantic

Group = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=64)]
"""A group's name, as `auth.groups` of the configuration has them."""
