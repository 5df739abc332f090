"""How quickly the web UI shows what there is, with much of it, in a real browser."""
