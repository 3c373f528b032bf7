from __future__ import annotations

import pytest

BODY = "def run(asset):\n    x = scale(LIMIT)\n    asset.save_data({'x': x})"
CELLS = ("LIMIT = 3", "def scale(x):\n    return x * factor()", "def factor():\n    return 2")


@pytest.fixture
def fingerprint(define):
    return lambda body=BODY, *cells, **options: define(body, *(cells or CELLS), **options).fingerprint


def test_it_is_a_blake3_digest_and_stays_the_same(fingerprint):
    assert fingerprint().startswith("b3:")
    assert len(fingerprint()) == 3 + 64
    assert fingerprint() == fingerprint()


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        ('# why\ndef run(asset):\n\n    x = scale( LIMIT )  # what\n    asset.save_data({"x": x})\n', CELLS),
        ("def run(asset):\n    'Docs.'\n    x = scale(LIMIT)\n    asset.save_data(\n        {'x': x}\n    )", CELLS),
        ("def train(asset):\n    x = scale(LIMIT)\n    asset.save_data({'x': x})", CELLS),
        (BODY, ("LIMIT = 3  # the limit", *CELLS[1:])),
        (BODY, ("LIMIT=3", *CELLS[1:])),
        (BODY, (CELLS[0], "def scale(x):\n    '''Docs.'''\n    # note\n    return x*factor()", CELLS[2])),
        (BODY, tuple(reversed(CELLS))),
        (BODY, ("\n".join(CELLS), "UNUSED = 5")),
    ],
)
def test_comments_docstrings_layout_and_spelling_do_not_count(fingerprint, body, cells):
    assert fingerprint(body, *cells) == fingerprint()


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        (BODY.replace("'x'", "'y'"), CELLS),
        (BODY, ("LIMIT = 4", *CELLS[1:])),
        (BODY, ("LIMIT = 3.0", *CELLS[1:])),
        (BODY, (CELLS[0], "def scale(x):\n    return x + factor()", CELLS[2])),
        (BODY, (*CELLS[:2], "def factor():\n    return 3")),
        (BODY, (CELLS[0], "from m import scale")),
        (BODY, (CELLS[0], "from n import scale")),
        (BODY + "\n    print('docs')", CELLS),
    ],
)
def test_edits_of_code_helpers_and_constants_count(fingerprint, body, cells):
    assert fingerprint(body, *cells) != fingerprint()


def test_one_import_or_another_counts(fingerprint):
    assert fingerprint(BODY, CELLS[0], "from m import scale") != fingerprint(BODY, CELLS[0], "from n import scale")


def test_arguments_and_pipelines_are_no_code(fingerprint):
    assert fingerprint(BODY, *CELLS, args={"rows": 1}, pipelines=("train_pipeline",)) == fingerprint()


def test_the_three_spellings_of_a_step_are_one_step(notebook):
    body = "def fit(asset):\n    '''Docs.'''\n    asset.save_data({'x': LIMIT})\n"
    shared = "import alo_nb\nLIMIT = 3"
    files = [
        notebook(shared, f"%%alo_asset step=train rows=5 cache=off\n{body}", name="a.ipynb"),
        notebook(shared, f"# a comment\n%alo_asset step=train rows=5\n\n{body}", name="b.ipynb"),
        notebook(shared, f"@alo_nb.asset(step='train', rows=5, cache='ignore')\n{body}", name="c.ipynb"),
    ]
    steps = [each.step("train") for each in files]
    assert [each.cache for each in steps] == ["off", "", "ignore"]
    assert len({each.fingerprint for each in steps}) == 1
    assert [each.args for each in steps] == [{"rows": 5}] * 3
    assert {(each.kind, each.entry) for each in steps} == {("function", "fit")}
