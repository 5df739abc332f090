"""The web UI's built files (`built/`, made from the repository's `ui/`) and how they are served."""
