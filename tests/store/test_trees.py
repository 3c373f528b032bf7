from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.errors import StoreError
from alo_nb.store.objects import Blob, digest_of
from alo_nb.store.trees import Entry, decode, walk, write_tree

NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=()), min_size=1, max_size=8).filter(
    lambda name: name not in (".", "..")
)
DIGESTS = st.integers(0, 5).map(lambda number: digest_of(bytes([number])))
FILES = st.builds(Entry, st.just("file"), DIGESTS, st.integers(0, 2**50))
REFERENCES = st.builds(Entry, st.just("reference"), st.just(""), st.just(0), st.text(min_size=1, max_size=20))


@st.composite
def folders(draw):
    """Path to entry, no path being another's folder."""
    paths = draw(st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), unique=True, max_size=12))
    apart = [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)]
    return {path: draw(FILES | REFERENCES) for path in apart}


def stored(entries):
    contents: dict[str, bytes] = {}

    def put(content):
        contents[digest_of(content)] = content
        return Blob(digest_of(content), len(content))

    return write_tree(entries, put), contents


@given(folders())
def test_a_folder_comes_back_as_it_was(entries):
    tree, contents = stored(entries)
    assert dict(walk(tree.digest, contents.__getitem__)) == entries
    assert (tree.files, tree.size) == (len(entries), sum(each.size for each in entries.values()))


@given(folders(), folders())
def test_folders_are_equal_just_when_their_digests_are(one, other):
    assert (stored(one)[0].digest == stored(other)[0].digest) == (one == other)


@given(folders(), st.randoms())
def test_the_order_in_which_files_were_added_does_not_count(entries, random):
    mixed = [*entries.items()]
    random.shuffle(mixed)
    assert stored(dict(mixed)) == stored(entries)


def test_a_changed_file_makes_only_the_folders_above_it_anew():
    entries = {f"{a}/{b}": Entry("file", digest_of(b""), 0) for a in range(10) for b in range(10)}
    before, after = stored(entries)[1], stored({**entries, "3/3": Entry("file", digest_of(b"x"), 1)})[1]
    assert len(after.keys() - before.keys()) == 2


@given(st.binary(max_size=60) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_what_is_no_folder_is_refused_in_words(content):
    with suppress(StoreError):
        assert isinstance(decode(content if isinstance(content, bytes) else content.encode()), dict)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "a\0"])
def test_a_stored_folder_with_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(StoreError, match="cannot be read"):
        decode(json.dumps([[name, "file", digest_of(b""), 0, ""]]).encode())
