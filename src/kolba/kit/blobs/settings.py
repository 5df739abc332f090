"""What can be told about a blob store."""

from __future__ import annotations

import pydantic


class BlobSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    url: str | None = None
    """`s3://bucket/prefix`; None: the folder `blobs` in the service's data folder."""
    endpoint: str | None = None
    """The S3 server's URL, where it is not Amazon's."""
    region: str = "us-east-1"
    """The S3 region."""
    access_key_id: str | None = None
    """Who asks the S3 server."""
    secret_access_key: pydantic.SecretStr | None = None
    """Its secret; give it by the environment or the directory of secrets."""
    allow_http: bool = False
    """Whether the S3 server may be spoken to without TLS (inside a network of its own)."""
