"""`python -m kolba.storage`."""

from __future__ import annotations

from kolba.kit import server
from kolba.storage import app, settings

if __name__ == "__main__":
    server.main(settings.StorageSettings, app.create_app)
