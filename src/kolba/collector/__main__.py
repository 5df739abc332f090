"""`python -m kolba.collector`."""

from __future__ import annotations

from kolba.collector import app, settings
from kolba.kit import server

if __name__ == "__main__":
    server.main(settings.CollectorSettings, app.create_app)
