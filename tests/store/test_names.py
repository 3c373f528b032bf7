from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.errors import ArtifactNameError
from alo_nb.store.names import Reference, alias_name, artifact_name, parse_reference

WORDS = st.from_regex(r"[A-Za-z0-9_가-힣][A-Za-z0-9_가-힣-]{0,20}", fullmatch=True)


@given(WORDS, st.integers(0, 999_999_999))
def test_a_reference_names_an_artifact_and_a_version(name, number):
    assert parse_reference(f"{name}:v{number}") == Reference(artifact_name(name), "", number)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("raw", Reference("raw", "latest", None)),
        ("raw:latest", Reference("raw", "latest", None)),
        ("raw:best", Reference("raw", "best", None)),
        ("raw:v01", Reference("raw", "v01", None)),
    ],
)
def test_without_a_version_the_latest_is_meant(text, found):
    assert parse_reference(text) == found


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "a:b",
        "a b",
        "-a",
        ".a",
        "a.",
        "a..b",
        "a\n",
        "x" * 129,
        "a\0",
        "*",
        "~",
        None,
        3,
        b"a",
        "a\\b",
    ],
)
def test_names_with_a_path_or_other_signs_in_them_are_refused(name):
    with pytest.raises(ArtifactNameError, match="cannot be the name of an artifact"):
        artifact_name(name)


@pytest.mark.parametrize("alias", ["v0", "v3", "v12345"])
def test_an_alias_that_looks_like_a_version_is_refused(alias):
    with pytest.raises(ArtifactNameError, match="looks like a version"):
        alias_name(alias)


@pytest.mark.parametrize("alias", ["", "a/b", "a:b", "a b", "a\n", None, "x" * 129])
def test_a_bad_alias_is_refused(alias):
    with pytest.raises(ArtifactNameError, match="cannot be an alias"):
        alias_name(alias)


@pytest.mark.parametrize("text", ["raw:", ":latest", "raw:a:b", "raw:../x", None, 7])
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ArtifactNameError):
        parse_reference(text)


@given(st.text(max_size=30))
def test_no_name_leads_out_of_a_folder(text):
    try:
        name = artifact_name(text)
    except ArtifactNameError:
        return
    assert not {*name} & {*"/\0:\\"}
    assert name.strip(".")
