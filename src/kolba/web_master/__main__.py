"""`python -m kolba.web_master`."""

from __future__ import annotations

from kolba.kit import server
from kolba.web_master import app, settings


def main() -> None:
    """Serve the web master until told to stop."""
    server.main(settings.WebMasterSettings, app.create_app)


if __name__ == "__main__":
    main()
