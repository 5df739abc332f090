"""`python -m kolba.ml_service`."""

from __future__ import annotations

from kolba.kit import server
from kolba.ml_service import app, settings


def main() -> None:
    """Serve the ML service until told to stop."""
    server.main(settings.MlServiceSettings, app.create_app)


if __name__ == "__main__":
    main()
