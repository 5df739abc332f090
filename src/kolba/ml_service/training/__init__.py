"""From a data set to a bundle. Runs in a worker's child process; scikit-learn, skl2onnx and pyarrow live here."""
