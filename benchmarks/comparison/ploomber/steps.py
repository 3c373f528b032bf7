import pickle
from pathlib import Path

import pandas as pd
from sklearn.linear_model import LogisticRegression

FEATURES = ["Pclass", "Age", "Fare"]


def read(product, path):
    pd.read_csv(path).to_pickle(str(product))


def prepare(product, upstream):
    frame = pd.read_pickle(str(upstream["read"]))
    frame[[*FEATURES, "Survived"]].dropna().to_pickle(str(product))


def train(product, upstream, C):
    frame = pd.read_pickle(str(upstream["prepare"]))
    model = LogisticRegression(C=C).fit(frame[FEATURES], frame["Survived"])
    Path(str(product)).write_bytes(pickle.dumps(model))


def report(product, upstream):
    frame = pd.read_pickle(str(upstream["prepare"]))
    model = pickle.loads(Path(str(upstream["train"])).read_bytes())
    Path(str(product)).write_text(str(model.score(frame[FEATURES], frame["Survived"])))
