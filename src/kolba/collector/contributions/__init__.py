"""What people contribute: images, each with the label that they say it has."""
