import csv
import runpy
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "example_notebooks" / "data"
FILES = ["train/passengers.csv", "inference/passengers.csv"]


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("titanic")
    runpy.run_path(str(DATA / "make_titanic.py"))["write_passengers"](folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_regenerated_file_is_byte_for_byte_the_committed_one(regenerated, name):
    assert (regenerated / name).read_bytes() == (DATA / "titanic" / name).read_bytes()


def test_every_passenger_is_in_exactly_one_file():
    numbers = []
    for name in FILES:
        with (DATA / "titanic" / name).open(newline="") as file:
            numbers += [int(row["PassengerId"]) for row in csv.DictReader(file)]
    assert numbers == list(range(1, 1310))


def test_nothing_that_was_known_only_after_the_sinking_is_a_column():
    header = (DATA / "titanic" / FILES[0]).read_text().splitlines()[0]
    assert header == "PassengerId,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked,Survived"
