"""The image chain: preprocess, model, postprocess. Three services, each scaled on its own; here is what they share."""
