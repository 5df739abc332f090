"""What people contribute: images with the label that they say each has."""

from __future__ import annotations

import datetime as dt

import pydantic

from kolba.contracts import predictions

LABELS = range(10)
"""The digits."""
SOURCE = "user-data"
"""The collector's source that grows by what is contributed."""


class Contribute(pydantic.BaseModel):
    """`POST /user-data` as JSON. As a form: the image as `file`, and the others as fields of the same names."""

    model_config = pydantic.ConfigDict(extra="forbid")

    image: str | list[list[float]]
    """A PNG or JPEG file as a data URL or in base64, or 28 rows of 28 numbers, 0 … 1 or 0 … 255."""
    label: int
    """What it is: 0 … 9."""
    predicted: int | None = None
    """What the model took it for: 0 … 9."""
    prediction_id: predictions.PredictionId | None = None
    """The prediction that this corrects or confirms."""
    was_wrong: bool | None = None
    """Whether the model was wrong. Found out by itself where `predicted` is given."""


class Contribution(pydantic.BaseModel):
    """One image of one person. The same file sent again is the same contribution, with the newest label."""

    id: int
    person: str
    sha256: str
    """Of the file as it was sent; of numbers, of the PNG made of them."""
    media_type: str
    size_bytes: int
    width: int
    height: int
    label: int
    predicted: int | None = None
    prediction_id: predictions.PredictionId | None = None
    was_wrong: bool | None = None
    created_at: dt.datetime
    changed_at: dt.datetime
    """When the label, or what is told of the prediction, was last given anew."""
