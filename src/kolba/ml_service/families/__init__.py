"""Kinds of models that can be trained. What is here is light; scikit-learn is imported only by `estimators`."""
