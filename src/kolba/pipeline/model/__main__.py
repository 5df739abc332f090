"""`python -m kolba.pipeline.model`."""

from __future__ import annotations

from kolba.kit import server
from kolba.pipeline.model import app, settings


def main() -> None:
    """Serve model until told to stop."""
    server.main(settings.ModelSettings, app.create_app)


if __name__ == "__main__":
    main()
