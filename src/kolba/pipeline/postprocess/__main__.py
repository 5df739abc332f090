"""`python -m kolba.pipeline.postprocess`."""

from __future__ import annotations

from kolba.kit import server
from kolba.pipeline.postprocess import app, settings


def main() -> None:
    """Serve postprocess until told to stop."""
    server.main(settings.PostprocessSettings, app.create_app)


if __name__ == "__main__":
    main()
