"""The solution info: every rule of ALO 2.6, all findings at once, each with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alo_nb.plan.tree import Findings
from alo_nb.registration.info import ContentsType, Detail, SolutionInfo, read_info

from .conftest import INFO

TEXT = yaml.safe_dump(INFO, sort_keys=False)


@pytest.fixture
def read(tmp_path: Path):
    """A function that reads a text, and returns the info with what was found."""

    def reader(text: str) -> tuple[SolutionInfo | None, Findings]:
        (tmp_path / "info.yaml").write_text(text, encoding="utf-8")
        findings = Findings()
        return read_info(tmp_path / "info.yaml", findings), findings

    return reader


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


def test_a_good_info_is_read_as_it_stands(read):
    info, findings = read(TEXT)

    assert findings.problems == []
    assert info == SolutionInfo(
        name="demo-solution",
        inference_only=False,
        overview="Means of a column.",
        detail=(Detail("How", "By adding."),),
        contents_type=ContentsType(False, "table", "table", None),
    )


def test_name_is_another_spelling_and_overview_and_detail_may_be_missing(read):
    kept = {key: value for key, value in INFO.items() if key not in ("solution_name", "overview", "detail")}
    info, findings = read(yaml.safe_dump({"name": "x", **kept}))

    assert findings.problems == []
    assert (info.name, info.overview, info.detail) == ("x", "", ())


LONG, FULL = "x" * 499, "가" * 1666  # 4,998 bytes
FAULTS = {
    "no name": (changed("solution_name: demo-solution\n", ""), "INFO_MISSING_KEY", "solution_name", 1),
    "an empty name": (changed("demo-solution", "''"), "INFO_NAME", "solution_name", 1),
    "a blank in the name": (changed("demo-solution", "demo solution"), "INFO_NAME", "solution_name", 1),
    "Korean in the name": (changed("demo-solution", "데모"), "INFO_NAME", "solution_name", 1),
    "a name too long": (changed("demo-solution", "x" * 101), "INFO_NAME", "solution_name", 1),
    "a misspelt key": (changed("train_gpu", "trian_gpu"), "INFO_UNKNOWN_KEY", "trian_gpu", 13),
    "a flag in quotes": (changed("train_gpu: false", "train_gpu: 'false'"), "INFO_TYPE", "train_gpu", 13),
    "a flag as a number": (changed("train_gpu: false", "train_gpu: 0"), "INFO_TYPE", "train_gpu", 13),
    "an overview too long": (changed("Means of a column.", f"{LONG}x"), "INFO_LENGTH", "overview", 4),
    "an overview that is a list": (changed("Means of a column.", "[a]"), "INFO_TYPE", "overview", 4),
    "a detail too long": (changed("By adding.", f"{FULL}xx"), "INFO_LENGTH", "detail > content", 7),
    "no title": (changed("- title: How\n  content", "- content"), "INFO_MISSING_KEY", "detail > title", 6),
    "a detail that is text": (changed("- title: How\n  content: By adding.", "- How"), "INFO_TYPE", "detail", 6),
    "no list of details": (changed("\n- title: How\n  content: By adding.", " How"), "INFO_TYPE", "detail", 5),
    "a data type": (
        changed("inference_result_datatype: table", "inference_result_datatype: tabel"),
        "INFO_CHOICE", "contents_type > inference_result_datatype", 10,
    ),
    "a key of contents_type too few": (
        changed("  labeling_column_name: null\n", ""), "INFO_MISSING_KEY", "contents_type > labeling_column_name", 9
    ),
    "contents_type is text": (
        TEXT.partition("contents_type:")[0] + "contents_type: table\n" + TEXT.partition("name: null\n")[2],
        "INFO_TYPE", "contents_type", 8,
    ),
    "a scope": (f"{TEXT}solution_type: hidden\n", "INFO_CHOICE", "solution_type", 16),
    "a key of ALO 3": (f"{TEXT}type: private\n", "INFO_UNKNOWN_KEY", "type", 16),
    "a key twice": (f"{TEXT}train_gpu: false\n", "YAML_DUPLICATE_KEY", "train_gpu", 16),
    "a password": (changed("By adding.", "see https://me:hunter2@host/x"), "INFO_SECRET", "detail > content", 7),
    "a tag of ALO 3": (changed("By adding.", "!Env ${HOME}"), "YAML_TAG", "detail > content", 7),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "key", "line"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_told_with_its_line_and_what_to_do(read, text, code, key, line):
    _, findings = read(text)
    problem = next(each for each in findings.problems if each.code == code)

    assert (problem.severity, problem.key, problem.place.line) == ("error", key, line)
    assert problem.place.file.endswith("info.yaml")
    assert problem.do
    assert "hunter2" not in str(findings)


def test_the_longest_texts_that_are_allowed_are_read(read):
    text = changed("demo-solution", "x" * 100).replace("Means of a column.", LONG).replace("By adding.", f"{FULL}x")
    _, findings = read(text)

    assert findings.problems == []


def test_all_findings_are_told_at_once(read):
    _, findings = read("solution_nam: a b\ninference_only: yess\ncontents_type: {support_labelling: 1}\n")
    told = {(each.code, each.key) for each in findings.problems}

    assert ("INFO_UNKNOWN_KEY", "solution_nam") in told
    assert ("INFO_TYPE", "inference_only") in told
    assert ("INFO_UNKNOWN_KEY", "contents_type > support_labelling") in told
    assert {key for code, key in told if code == "INFO_MISSING_KEY"} >= {"solution_name", "train_gpu"}
    assert "did you mean 'solution_name'" in next(e.message for e in findings.problems if e.key == "solution_nam")


@pytest.mark.parametrize("name", ["Titanic", "a--b", "-a"])
def test_a_name_that_no_image_can_have_is_a_warning(read, name):
    _, findings = read(changed("demo-solution", name))

    assert [(each.severity, each.code) for each in findings.problems] == [("warning", "INFO_NAME")]


def test_labels_without_a_column_are_a_warning(read):
    _, findings = read(changed("support_labeling: false", "support_labeling: true"))

    assert [(each.severity, each.code) for each in findings.problems] == [("warning", "INFO_LABEL")]


HOSTILE = {
    "no file": None,
    "empty": "",
    "no yaml": "a: [",
    "a list": "- a\n",
    "python": "a: !!python/object/apply:os.system [id]\n",
    "deep": "a: " + "[" * 100,
    "a bomb": "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(f"c{n}: &c{n} [*b, *b]\n" for n in range(200)),
    "binary": "\x01\x02",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_is_one_problem_that_names_the_file(read, tmp_path, text):
    findings = Findings()
    if text is not None:
        (tmp_path / "info.yaml").write_text(text, encoding="utf-8")

    assert read_info(tmp_path / "info.yaml", findings) is None
    (problem,) = findings.problems
    assert (problem.severity, problem.code) == ("error", "INFO_UNREADABLE")
    assert "info.yaml" in str(problem.place)
    assert "plan" not in problem.message + problem.do


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=40).filter(
    lambda text: "@" not in text and "_" not in text
)
infos = st.fixed_dictionaries(
    {
        "solution_name": st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,3}", fullmatch=True),
        **{key: st.booleans() for key in ("inference_only", "solution_update", "train_gpu", "inference_gpu")},
        "inference_arm": st.booleans(),
        "overview": texts,
        "detail": st.lists(st.fixed_dictionaries({"title": texts, "content": texts}), max_size=3),
        "contents_type": st.fixed_dictionaries(
            {
                "support_labeling": st.just(False),
                "inference_result_datatype": st.sampled_from(["table", "image"]),
                "train_datatype": st.sampled_from(["table", "image"]),
                "labeling_column_name": st.none() | texts.filter(bool),
            }
        ),
    }
)


@given(values=infos)
def test_every_good_info_comes_back_as_it_was_written(tmp_path_factory, values: dict[str, Any]):
    path = tmp_path_factory.getbasetemp() / "any_info.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    findings = Findings()
    info = read_info(path, findings)

    assert findings.problems == []
    assert info is not None
    assert info.name == values["solution_name"]
    assert [vars(each) for each in info.detail] == values["detail"]
    assert vars(info.contents_type) == values["contents_type"]
    for key in ("inference_only", "solution_update", "train_gpu", "inference_gpu", "inference_arm", "overview"):
        assert getattr(info, key) == values[key]


@given(text=st.text(max_size=200) | st.text("abc: -[]{}&*!'\"\n#|>", max_size=60))
def test_no_text_makes_the_reader_raise(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any_text.yaml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    findings = Findings()

    assert read_info(path, findings) is not None or findings.problems
