import pandas as pd
from sklearn.linear_model import LogisticRegression

FEATURES = ["Pclass", "Age", "Fare"]


def passengers(path: str) -> pd.DataFrame:
    return pd.read_csv(path)


def prepared(passengers: pd.DataFrame) -> pd.DataFrame:
    return passengers[[*FEATURES, "Survived"]].dropna()


def model(prepared: pd.DataFrame, C: float) -> LogisticRegression:
    return LogisticRegression(C=C).fit(prepared[FEATURES], prepared["Survived"])


def accuracy(model: LogisticRegression, prepared: pd.DataFrame) -> float:
    return float(model.score(prepared[FEATURES], prepared["Survived"]))
