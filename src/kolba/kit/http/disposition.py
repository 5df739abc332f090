"""What a browser, or `curl -OJ`, calls a file that it is sent."""

from __future__ import annotations

import urllib.parse
from typing import Literal


def header(name: str, kind: Literal["attachment", "inline"] = "attachment") -> str:
    """The `Content-Disposition` of a file called `name` in any alphabet (RFC 6266, RFC 8187)."""
    plain = "".join(
        one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{urllib.parse.quote(name, safe='')}"
