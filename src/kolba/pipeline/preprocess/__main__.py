"""`python -m kolba.pipeline.preprocess`."""

from __future__ import annotations

from kolba.kit import server
from kolba.pipeline.preprocess import app, settings


def main() -> None:
    """Serve preprocess until told to stop."""
    server.main(settings.PreprocessSettings, app.create_app)


if __name__ == "__main__":
    main()
