"""`python -m kolba.visualization`."""

from kolba.kit import server
from kolba.visualization import app, settings

if __name__ == "__main__":
    server.main(settings.VisualizationSettings, app.create_app)
