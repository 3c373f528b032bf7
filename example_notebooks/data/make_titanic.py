"""Write the Titanic passengers of the examples, from the copy that scikit-learn's wheel carries.

    python example_notebooks/data/make_titanic.py [folder]

`folder` defaults to ``titanic/`` beside this file. The same bytes come out every time. README.md tells the columns.
"""

from __future__ import annotations

import csv
import gzip
import random
import sys
from importlib.util import find_spec
from pathlib import Path

# OpenML data set 40945, version 1. It sits among scikit-learn's own test data, below the package's folder.
SOURCE = "datasets/tests/data/openml/id_40945/data-v1-dl-16826755.arff.gz"
PASSENGERS = 1309
TRAIN_PASSENGERS = 1009
SEED = 1912

# ALO's column: the source's. Left out: `boat` and `body` are known only after the sinking and give the answer away,
# `home.dest` is free text that is missing for 564 passengers.
COLUMNS = {
    "Pclass": "pclass",
    "Name": "name",
    "Sex": "sex",
    "Age": "age",
    "SibSp": "sibsp",
    "Parch": "parch",
    "Ticket": "ticket",
    "Fare": "fare",
    "Cabin": "cabin",
    "Embarked": "embarked",
    "Survived": "survived",
}


def read_passengers() -> list[dict[str, str]]:
    """Return the source's rows, values as they are written there; a missing one, ``?``, is the empty string."""
    sklearn = find_spec("sklearn")
    if sklearn is None or not sklearn.submodule_search_locations:
        raise SystemExit('scikit-learn is not installed: pip install "alo-nb[examples]"')
    source = Path(sklearn.submodule_search_locations[0], SOURCE)
    with gzip.open(source, "rt", encoding="utf-8", newline="") as lines:
        names = []
        for line in lines:
            if line.startswith("@attribute"):
                names.append(line.split()[1].strip("'"))
            elif line.startswith("@data"):
                break
        rows = [dict(zip(names, values, strict=True)) for values in csv.reader(lines) if values]
    if len(rows) != PASSENGERS:
        raise SystemExit(f"{source} holds {len(rows)} passengers, not {PASSENGERS}: scikit-learn changed its copy")
    return [{name: "" if value == "?" else value for name, value in row.items()} for row in rows]


def write_passengers(folder: Path) -> None:
    """Write ``train/passengers.csv`` and ``inference/passengers.csv`` into `folder`, which is made when absent."""
    # The source is sorted by class and name. Shuffled before it is numbered, so that PassengerId says nothing.
    # `random()` gives the same numbers in every Python version; `shuffle` does not promise that.
    dice = random.Random(SEED)
    shuffled = sorted(read_passengers(), key=lambda _: dice.random())
    passengers = [
        {"PassengerId": number} | {ours: row[theirs] for ours, theirs in COLUMNS.items()}
        for number, row in enumerate(shuffled, start=1)
    ]
    for part, rows in (("train", passengers[:TRAIN_PASSENGERS]), ("inference", passengers[TRAIN_PASSENGERS:])):
        target = folder / part / "passengers.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=["PassengerId", *COLUMNS], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    write_passengers(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "titanic")
