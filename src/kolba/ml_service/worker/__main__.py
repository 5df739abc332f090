"""`python -m kolba.ml_service.worker`."""

from __future__ import annotations

from kolba.kit import server
from kolba.ml_service.worker import app, settings


def main() -> None:
    """Work until told to stop."""
    server.main(settings.WorkerSettings, app.create_app)


if __name__ == "__main__":
    main()
