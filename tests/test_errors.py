from __future__ import annotations

import copy
import pickle

import pytest

from alo_nb import errors
from alo_nb.errors import AloNbError, PlanInvalidError, StepArgumentError, StepRunError, nearest


def tree(kind):
    return [kind, *(each for child in kind.__subclasses__() for each in tree(child))]


KINDS = [each for each in tree(AloNbError) if each.__module__ == errors.__name__]


def test_the_tree_in_the_docstring_names_every_error():
    lines = (line.strip(" │") for line in errors.__doc__.splitlines())
    drawn = [line.split()[1] for line in lines if line.startswith(("├──", "└──"))]
    assert sorted(drawn) == sorted(each.__name__ for each in KINDS[1:])
    assert len(KINDS) > 10


def test_a_message_has_three_parts():
    assert str(AloNbError("what")) == "what"
    assert str(AloNbError("what", where="here", do="this")) == "what\n  where: here\n  do:    this"
    assert str(AloNbError("what", do="this")) == "what\n  do:    this"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_between_processes(kind):
    error = kind("what", where="here", do="this")
    error.extra = (1, 2)
    error.add_note("note")
    for back in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(back) is kind
        assert (str(back), back.what, back.where, back.do) == (str(error), "what", "here", "this")
        assert (back.extra, back.__notes__, back.args) == ((1, 2), ["note"], error.args)


def test_a_notebook_shows_the_message_and_no_stack():
    error = PlanInvalidError("what", where="here")
    error.add_note("in cell 3")
    assert error._render_traceback_() == ["\x1b[31mPlanInvalidError\x1b[0m: what", "  where: here", "in cell 3"]


def test_errors_that_replace_pythons_own_can_be_caught_as_those():
    assert issubclass(StepArgumentError, ValueError)
    assert issubclass(StepRunError, RuntimeError)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("trian", ["train", "input"], "; did you mean 'train'?"),
        ("zzz", ["train", "input"], "; known: input, train"),
        ("zzz", [], ""),
        ("1", [1, 2], "; did you mean '1'?"),
    ],
)
def test_the_nearest_name_is_offered(name, known, hint):
    assert nearest(name, known) == hint


def test_of_very_many_names_only_the_first_are_listed():
    assert nearest("zzz", ["c", "b", "a"], limit=2) == "; known: c, b and 1 more"
    assert nearest("zzz", ["c", "b", "a"], limit=3) == "; known: c, b, a"
