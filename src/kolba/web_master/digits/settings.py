"""What the digits' scenarios can be told."""

from __future__ import annotations

import pydantic


class DigitsSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    source: str = "mnist"
    """The collector's source of handwritten digits; its data set has the same name."""
    model: str = "digits"
    """What the model is called that is trained and fine-tuned where none is named."""
    contributions: str = "user-data"
    """The collector's source of what people contributed; its data set has the same name."""
    least_contributions: int = pydantic.Field(default=10, ge=1)
    """With fewer of them, fine-tuning is not begun."""
    batch_size: int = pydantic.Field(default=5000, ge=1, le=100_000)
    """So many images are collected at a time."""
