from kedro.pipeline import Pipeline, node

from titanic.nodes import prepare, report, train


def register_pipelines() -> dict[str, Pipeline]:
    steps = [
        node(prepare, "passengers", "prepared", name="prepare"),
        node(train, ["prepared", "params:C"], "model", name="train"),
        node(report, ["model", "prepared"], "report", name="report"),
    ]
    return {"__default__": Pipeline(steps)}
