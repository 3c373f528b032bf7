import os

import pandas as pd
from sklearn.linear_model import LogisticRegression

FEATURES = ["Pclass", "Age", "Fare"]


def read(pipeline):
    return {"frame": pd.read_csv(os.path.join(pipeline["dataset"]["workspace"], "passengers.csv"))}


def prepare(pipeline):
    frame = pipeline["read"]["result"]["frame"]
    return {"frame": frame[[*FEATURES, "Survived"]].dropna()}


def train(pipeline, C=1.0):
    frame = pipeline["prepare"]["result"]["frame"]
    pipeline["model"]["model"] = LogisticRegression(C=C).fit(frame[FEATURES], frame["Survived"])


def report(pipeline):
    frame, model = pipeline["prepare"]["result"]["frame"], pipeline["model"]["model"]
    accuracy = float(model.score(frame[FEATURES], frame["Survived"]))
    return {"summary": {"result": "ok", "score": accuracy, "note": "accuracy", "probability": {}}}
