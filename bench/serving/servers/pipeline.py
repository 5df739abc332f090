"""Data of Titanic's shape and the pipeline that is fitted on it: the same wherever it is made."""

from __future__ import annotations

import numpy as np
from sklearn import ensemble, impute, pipeline

COLUMNS = ("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
ROWS = 891
SEED = 42
TREES = 100
DEPTH = 10


def data() -> tuple[np.ndarray, np.ndarray]:
    """Features `[891, 7]` float32, an age in five missing, and labels `[891]` int64."""
    random = np.random.default_rng(SEED)
    pclass = random.choice([1, 2, 3], ROWS, p=[0.24, 0.21, 0.55])
    sex = random.choice([0, 1], ROWS, p=[0.35, 0.65])
    age = np.clip(random.normal(30, 14, ROWS), 0.4, 80).round(1)
    siblings = random.poisson(0.5, ROWS)
    parents = random.poisson(0.4, ROWS)
    fare = random.lognormal(4.6 - 0.75 * pclass, 0.6).round(2)
    port = random.choice([0, 1, 2], ROWS, p=[0.72, 0.19, 0.09])
    chance = 2.9 - 2.6 * sex - 0.8 * (pclass - 1) - 0.02 * age - 0.2 * siblings
    survived = (random.random(ROWS) < 1 / (1 + np.exp(-chance))).astype(np.int64)
    age[random.random(ROWS) < 0.2] = np.nan
    features = np.column_stack([pclass, sex, age, siblings, parents, fare, port])
    return features.astype(np.float32), survived


def fitted() -> pipeline.Pipeline:
    """Median in place of what is missing, then the forest."""
    made = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median"),
        ensemble.RandomForestClassifier(
            n_estimators=TREES, max_depth=DEPTH, random_state=SEED, n_jobs=1
        ),
    )
    return made.fit(*data())
