"""The web master's OpenAPI document, from which the web UI's client is generated. No service is started.

Usage: write_openapi.py PATH. The file is left alone when it says the same already.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile

from kolba.kit import settings
from kolba.web_master import app
from kolba.web_master.settings import WebMasterSettings


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: write_openapi.py PATH", file=sys.stderr)
        return 2
    target = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        config = settings.load(WebMasterSettings, data_dir=pathlib.Path(folder))
        document = app.create_app(config).openapi()
    document["info"]["version"] = "0"  # a release alone changes nothing for the client
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if not target.exists() or target.read_text("utf-8") != text:
        target.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
