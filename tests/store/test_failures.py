"""What is kept of a failed step turns into JSON and back."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from alo_nb.store.failures import Failure, KeptFrame, KeptLocal, KeptValue
from alo_nb.store.records import from_plain, plain

TEXT = st.text(max_size=20)
LOCALS = st.builds(KeptLocal, TEXT, TEXT, TEXT, TEXT, st.lists(TEXT, max_size=2).map(tuple))
LINES = st.lists(st.tuples(st.integers(), TEXT), max_size=3).map(tuple)
FRAMES = st.builds(KeptFrame, TEXT, st.integers(), TEXT, LINES, st.lists(LOCALS, max_size=2).map(tuple))
VALUES = st.builds(KeptValue, TEXT, TEXT, TEXT, st.integers(), TEXT, TEXT)
FAILURES = st.builds(
    Failure,
    run_id=TEXT,
    pipeline=TEXT,
    step=TEXT,
    args=st.dictionaries(TEXT, st.integers() | TEXT),
    inputs=st.lists(VALUES, max_size=2).map(tuple),
    frames=st.lists(FRAMES, max_size=2).map(tuple),
)


@given(FAILURES)
def test_a_failure_is_the_same_after_json(failure) -> None:
    assert from_plain(Failure, json.loads(json.dumps(plain(failure)))) == failure


def test_keys_of_newer_versions_are_passed_over() -> None:
    assert from_plain(Failure, {**plain(Failure("r", "p", "s")), "more": 1}) == Failure("r", "p", "s")


def test_a_failure_has_the_name_that_commands_take_and_the_place_of_its_line() -> None:
    frame = KeptFrame("cell 2", 3, around=((3, "  1 / 0"),))
    failure = Failure("20261121T093000Z-1f3a9c", "train_pipeline", "train", label="cell 1", frames=(frame,))
    assert (failure.name, failure.place, frame.text) == ("1f3a9c/train", "cell 2, line 3", "1 / 0")
