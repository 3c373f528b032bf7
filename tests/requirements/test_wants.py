from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from alo_nb.plan import Place
from alo_nb.requirements.wants import Want, conflicts, fits, merged, own_wants


def want(text, step="train", line=1):
    return Want(Requirement(text), step, Place("plan.yaml", line), "key")


def is_conflict(*texts):
    return bool(list(conflicts([want(each) for each in texts])))


def test_wants_of_one_package_are_one_requirement():
    found = merged([want("Scikit_Learn>=1.3"), want("pandas"), want("scikit.learn[x]<2"), want("scikit-learn[y]")])
    assert [str(each) for each in found] == ["pandas", "scikit-learn[x,y]<2,>=1.3"]


@pytest.mark.parametrize(
    "pair",
    [
        ("a==1", "a==2"),
        ("a==1.0", "A>=2"),
        ("a>=1", "a<1"),
        ("a>1", "a<=1"),
        ("a~=2.2", "a>=3"),
        ("a==2.*", "a==1.*"),
        ("a==1.0", "a!=1.0"),
        ("a===foo", "a===bar"),
        ("a>=1!2", "a<1!2"),
        ("a_b==1", "a-b==2"),
    ],
)
def test_versions_that_exclude_each_other_are_a_conflict(pair):
    assert is_conflict(*pair)
    assert is_conflict(*reversed(pair))


@pytest.mark.parametrize(
    "pair",
    [
        ("a", "a==1"),
        ("a==1.0", "a==1"),
        ("a>=1", "a<=1"),
        ("a>1", "a<1.1"),
        ("a==1.0+cu118", "a==1.0"),
        ("a!=1.*,>=1", "a<2.5"),
        ("a>1.0a1", "a<1.0b2"),
        ("a==1", "b==2"),
    ],
)
def test_versions_that_may_agree_are_left_to_the_installer(pair):
    assert not is_conflict(*pair)


def test_a_conflict_names_each_step_with_its_line():
    first, second = want("numpy==1.26.4", "input", 12), want("numpy>=2", "train", 19)
    (problem,) = conflicts([first, want("pandas"), second])
    assert (problem.severity, problem.code, problem.place) == ("error", "PLAN_REQUIREMENT_CONFLICT", second.place)
    assert "numpy==1.26.4 for step 'input' (plan.yaml, line 12)" in problem.message
    assert "numpy>=2 for step 'train' (plan.yaml, line 19)" in problem.message


def test_a_conflict_names_only_those_that_contradict_each_other():
    texts = ["numpy>=1.20", "numpy<2", "numpy!=1.25", "numpy>=2", "numpy<9"]
    (problem,) = conflicts([want(text, line=line) for line, text in enumerate(texts, start=1)])
    assert [text for text in texts if f"{text} for" in problem.message] == ["numpy<2", "numpy>=2"]
    assert problem.place.line == 4


def test_three_may_contradict_where_two_do_not():
    (problem,) = conflicts([want("a>=1"), want("a<9"), want("a!=1"), want("a<=1")])
    assert problem.message == (
        "no version of a suits everybody: a>=1 for step 'train' (plan.yaml, line 1), "
        "a!=1 for step 'train' (plan.yaml, line 1), a<=1 for step 'train' (plan.yaml, line 1)"
    )


def test_alo_nb_has_a_say_in_what_it_needs_itself():
    assert "pandas" in {each.name for each in own_wants()}
    (problem,) = conflicts([want("pandas==1.4.4")])
    assert "pandas>=1.5 for alo_nb itself" in problem.message


def test_very_many_wants_are_judged_at_once():
    assert not is_conflict(*(f"a!={number}" for number in range(300)))
    assert is_conflict("a==1", *(f"a!={number}" for number in range(300)))


VERSIONS = [".".join(map(str, each)) for length in (1, 2, 3) for each in itertools.product(range(4), repeat=length)]
PLAIN = st.builds("{}{}".format, st.sampled_from([">=", ">", "<=", "<", "!=", "=="]), st.sampled_from(VERSIONS))
STARRED = st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), st.sampled_from(VERSIONS))


@given(st.lists(PLAIN | STARRED, min_size=1, max_size=4))
def test_what_some_version_fulfils_is_never_called_a_conflict(terms):
    whole = SpecifierSet(",".join(terms))
    if any(whole.contains(version) for version in VERSIONS):
        assert not is_conflict(*(f"a{term}" for term in terms))


def test_an_installed_pre_release_fits_and_an_unreadable_version_does_not():
    assert fits("2.0rc1", SpecifierSet(">=1"))
    assert not fits("unknown", SpecifierSet(""))
