"""What a person sees: rendered reports and the home page."""
