import pandas as pd
from sklearn.linear_model import LogisticRegression

FEATURES = ["Pclass", "Age", "Fare"]


def prepare(passengers: pd.DataFrame) -> pd.DataFrame:
    return passengers[[*FEATURES, "Survived"]].dropna()


def train(prepared: pd.DataFrame, C: float) -> LogisticRegression:
    return LogisticRegression(C=C).fit(prepared[FEATURES], prepared["Survived"])


def report(model: LogisticRegression, prepared: pd.DataFrame) -> dict[str, float]:
    return {"accuracy": float(model.score(prepared[FEATURES], prepared["Survived"]))}
