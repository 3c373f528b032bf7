from metaflow import FlowSpec, Parameter, step

FEATURES = ["Pclass", "Age", "Fare"]


class Titanic(FlowSpec):
    C = Parameter("C", default=1.0)

    @step
    def start(self):
        import pandas as pd

        self.frame = pd.read_csv("passengers.csv")
        self.next(self.prepare)

    @step
    def prepare(self):
        self.frame = self.frame[[*FEATURES, "Survived"]].dropna()
        self.next(self.train)

    @step
    def train(self):
        from sklearn.linear_model import LogisticRegression

        self.model = LogisticRegression(C=self.C).fit(self.frame[FEATURES], self.frame["Survived"])
        self.next(self.end)

    @step
    def end(self):
        self.accuracy = self.model.score(self.frame[FEATURES], self.frame["Survived"])
        print(self.accuracy)


if __name__ == "__main__":
    Titanic()
