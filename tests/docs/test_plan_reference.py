"""docs/reference/plan.md is true: its keys and codes are those of the reader, its tables and examples are run."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alo_nb.errors import PlanReadError
from alo_nb.headless.commands.check import examine
from alo_nb.plan import (
    Control,
    Plan,
    Problem,
    check,
    keys,
    overlay_solution_metadata,
    parse_plan,
    plan_view,
    read_plan,
    rules,
)
from alo_nb.plan.keys import Section
from alo_nb.project import Project

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "reference" / "plan.md").read_text(encoding="utf-8")
CODE = re.compile(r"(?:PLAN|YAML)_[A-Z_]+[A-Z]")
SEVERITIES = ("stop", "error", "warning", "note")

# What the page writes before the keys of each section; "" is the left edge of the file.
OLDER = {
    "": keys.TOP,
    "external_path.": keys.EXTERNAL_PATH,
    "external_path_permission.": keys.PERMISSION,
    "control.": keys.CONTROL,
    "user_parameters.": keys.PIPELINE_NAMES,
    "asset_source.": keys.PIPELINE_NAMES,
    "user_parameters.<pipeline>.": keys.PARAMETERS,
    "asset_source.<pipeline>.": keys.SOURCES,
    "asset_source.<pipeline>.source.": keys.SOURCE,
    "alo_nb.": keys.OURS,
}
ALO_3 = {
    "": keys.ALO_3_TOP,
    "control.": keys.ALO_3_CONTROL,
    "control.backup.": keys.BACKUP,
    "solution.": keys.SOLUTION,
    "solution.git.": keys.GIT,
    "solution.git.option.": keys.GIT_OPTION,
    "solution.pip.": keys.PIP,
    "solution.function.<name>.": keys.FUNCTION,
    "solution.<stage>.": keys.STAGE,
    "<uri>.": keys.STORED,
    "alo_nb.": keys.OURS,
}
METADATA = {*(uri for _, uri in keys.METADATA_PATHS), *keys.METADATA_DATATYPES}
PIPELINE = "<pipeline>"


# -- the page ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row of a table: its cells, and the heading that the table stands below."""

    heading: str
    cells: tuple[str, ...]

    def spans(self, column: int = 0) -> list[str]:
        return re.findall(r"`([^`]+)`", self.cells[column])


def rows(first: str, heading: str = "") -> list[Row]:
    """Return the rows of the tables whose first column is called `first`."""
    found, above, inside = [], "", False
    for line in PAGE.splitlines():
        above = line.lstrip("# ") if line.startswith("#") else above
        cells = tuple(each.strip() for each in line.strip("|").split(" |"))
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and not line.startswith("|--") and heading in ("", above):
            found.append(Row(above, cells))
    return found


def key_rows(heading: str) -> dict[str, Row]:
    return {key: row for row in rows("key", heading) for key in row.spans()}


CODE_ROWS = {code: row for row in rows("code") for code in row.spans()}


# -- keys -------------------------------------------------------------------------------------------------------------


def paths(sections: Mapping[str, Section]) -> Iterator[str]:
    for before, section in sections.items():
        for key in (*section.known, *section.ignored, *section.lost):
            yield before + (PIPELINE if section is keys.PIPELINE_NAMES else key)


def spelled_in_code() -> set[str]:
    """Return the keys that the reader looks up by a literal: ``entries.get("type")``, ``rule["range"]``."""
    found = set()
    for path in (REPOSITORY / "alo_nb" / "plan").glob("*.py"):
        if path.name in ("redact.py", "refusal.py"):  # groups of patterns, an attribute of an error
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            looked_up = node.slice if isinstance(node, ast.Subscript) else None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
                looked_up = node.args[0]
            if isinstance(looked_up, ast.Constant) and str(looked_up.value).isidentifier():
                found.add(str(looked_up.value))
    return found


def test_every_section_of_the_reader_has_its_place_in_the_page() -> None:
    known = [value for value in vars(keys).values() if isinstance(value, Section)]
    placed = [*OLDER.values(), *ALO_3.values()]

    assert [each for each in known if each not in placed] == []


def test_the_keys_of_alo_1_and_2_are_those_of_the_reader() -> None:
    assert sorted(key_rows("ALO 1.0 to 2.6")) == sorted(set(paths(OLDER)))


@pytest.mark.parametrize("heading", ["ALO 3", "solution_metadata"])
def test_no_key_is_missing_and_none_is_made_up(heading: str) -> None:
    named = set(key_rows(heading))
    tables = set(paths(ALO_3)) if heading == "ALO 3" else set()

    assert tables - named == set()
    assert {each.rpartition(".")[2] for each in named - tables} <= spelled_in_code() | METADATA


def test_every_key_that_the_reader_looks_up_is_in_the_page() -> None:
    named = {part for row in rows("key") for key in row.spans() for part in key.split(".")} | set(keys.PIPELINES)

    assert (spelled_in_code() | METADATA) - named == set()
    assert all(f"`{mark}`" in PAGE for mark in keys.SOLUTION_METADATA_MARKS | keys.ALO_3_MARKS)


def test_older_spellings_stand_beside_todays() -> None:
    shown = {}
    for row in rows("key", "ALO 1.0 to 2.6"):
        shown.update(dict.fromkeys(row.spans(), row.spans(1)))

    for before, section in OLDER.items():
        for key in section.known:
            path = before + (PIPELINE if section is keys.PIPELINE_NAMES else key)
            older = [old for old, today in section.respelled.items() if today == key]
            others = [old for old, today in section.respelled.items() if today != key]
            assert set(older) <= set(shown[path]) <= {*older, *others}, path


@pytest.mark.parametrize(("heading", "sections"), [("ALO 1.0 to 2.6", OLDER), ("ALO 3", ALO_3)])
def test_required_keys_are_marked(heading: str, sections: Mapping[str, Section]) -> None:
    shown = key_rows(heading)
    required = {before + key for before, section in sections.items() for key in section.required}
    marked = {key for key, row in shown.items() if "required" in row.cells[-1]}

    assert required <= marked
    for key in marked - required:  # beside another that is required
        assert required & set(shown[key].spans()), key


@pytest.mark.parametrize("key", keys.CONTROL.known)
def test_choices_and_defaults_of_control_are_the_readers(key: str) -> None:
    meaning = key_rows("ALO 1.0 to 2.6")[f"control.{key}"].cells[-1]
    default = getattr(Control(), key)

    assert f"`{default}` (default)" in meaning or f"default `{default}`" in meaning
    assert all(f"`{choice}`" in meaning for choice in rules.CHOICES.get(key, ()))


# -- examples and shapes ----------------------------------------------------------------------------------------------

NAME = "name: demo\n"
VERSION = 'version: "1"\n'
HEAD = f"{NAME}{VERSION}external_path: []\ncontrol: []\n"
STEP = "user_parameters: [{train_pipeline: [{step: fit, args: }]}]\n"
CODE_OF_STEP = "asset_source: [{train_pipeline: [{step: fit, source: {code: local}}]}]\n"
PLAN = HEAD + STEP + CODE_OF_STEP


def understood(plan: Plan, default: Plan) -> dict[str, Any]:
    """Return the plan as understood where it differs from `default`, and the codes of each severity."""
    whole, without = (json.loads(json.dumps(_view(each), default=str)) for each in (plan, default))
    view = _differing(whole, without)
    for pipeline in view.get("pipelines", {}).values():
        for step in pipeline:
            for key in [key for key, value in step.items() if value in (None, [], {})]:
                del step[key]
    return view | codes_of(check(plan))


def _view(plan: Plan) -> dict[str, Any]:
    return plan_view(plan) | {key: getattr(plan, key) for key in ("era", "metadata_version")}


def _differing(value: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, each in value.items():
        if each != other.get(key):
            nested = isinstance(each, dict) and isinstance(other.get(key), dict)
            found[key] = _differing(each, other[key]) if nested else each
    return found


def codes_of(problems: list[Problem]) -> dict[str, list[str]]:
    return {
        severity: codes
        for severity in SEVERITIES
        if (codes := sorted({each.code for each in problems if each.severity == severity}))
    }


EXAMPLES = re.findall(r"```yaml\n(.*?)```\n```json\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_understood_as_the_page_says(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_HOME", "/srv")
    text, expected = EXAMPLES[number]
    plan = parse_plan(text)
    if "metadata_version" in text:
        (tmp_path / "system.yaml").write_text(text, encoding="utf-8")
        below = next(each for each, _ in EXAMPLES if "ui_args_detail" in each)  # of ALO 2.6
        plan = overlay_solution_metadata(parse_plan(below), tmp_path / "system.yaml")

    assert understood(plan, Plan(era="ALO 1.0 to 2.6")) == json.loads(expected)


def test_every_example_of_the_page_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```yaml") == 6


def in_a_plan(fragment: str) -> str:
    """Return a plan that holds the fragment where its key belongs."""
    key = fragment.partition(":")[0]
    if key == "args":
        return HEAD + STEP.replace("args: ", f"{fragment} ") + CODE_OF_STEP
    if key == "source":
        return HEAD + STEP + CODE_OF_STEP.replace("source: {code: local}", fragment)
    rest = "".join(line for line in PLAN.splitlines(keepends=True) if not line.startswith(f"{key}:"))
    return f"{rest}{fragment}\n"


def listed(cell: str) -> dict[str, list[str]]:
    """Return the findings that a cell lists, ``error `PLAN_X`, note `PLAN_Y` ``."""
    found: dict[str, list[str]] = {}
    for severity, code in re.findall(r"(\w+) `([A-Z_]+)`", cell):
        found.setdefault(severity, []).append(code)
    return found


WRITTEN = [(each, row) for row in rows("written") for each in row.spans()]
SHAPES = [(each, row) for each, row in WRITTEN if re.match("[a-z_]+:", each)]
VALUES = [(each, row) for each, row in WRITTEN if not re.match("[a-z_]+:", each)]


@pytest.mark.parametrize(("fragment", "row"), SHAPES, ids=[each for each, _ in SHAPES])
def test_a_shape_is_read_as_the_page_says(fragment: str, row: Row) -> None:
    found = understood(parse_plan(in_a_plan(fragment)), parse_plan(PLAN))
    (step,) = found.pop("pipelines", {"train_pipeline": [{}]})["train_pipeline"]
    changed = {key: value for key, value in step.items() if (key, value) not in (("step", "fit"), ("code", "local"))}
    findings = {key: found.pop(key) for key in SEVERITIES if key in found}

    assert found | changed == json.loads(row.spans(1)[0])
    assert findings == listed(row.cells[2])


@pytest.mark.parametrize(("value", "row"), VALUES, ids=[each for each, _ in VALUES])
def test_a_value_is_read_as_the_page_says(value: str, row: Row) -> None:
    plan = parse_plan(in_a_plan(f"args: [{{a: {value}}}]"))
    read = plan.pipelines[0].steps[0].args["a"]

    expected = row.spans(1)[0] if row.spans(1) else json.dumps(value.strip('"'))
    assert json.dumps(read, default=str) == expected
    assert ("a date" in row.cells[1]) == (type(read).__name__ == "date")
    assert codes_of(check(plan)) == listed(row.cells[2])


# -- codes ------------------------------------------------------------------------------------------------------------


def raised_codes(package: str = "") -> set[str]:
    """Return every code in the source of alo_nb or of one of its packages; docstrings are no source."""
    found = set()
    for path in (REPOSITORY / "alo_nb" / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.add(node.value)
    return found


def test_the_codes_of_the_page_are_those_that_can_be_raised() -> None:
    assert sorted(CODE_ROWS) == sorted(raised_codes())


def test_every_code_in_the_text_of_the_page_is_one_of_its_table() -> None:
    assert set(CODE.findall(PAGE)) == set(CODE_ROWS)


def of_alo_3(more: str = "", *, function: str = "{def: m.f}", top: str = "") -> str:
    return f"name: demo\n{top}solution:\n  function: {{f: {function}}}\n  train: {{pipeline: [f]}}\n{more}"


def argument(written: str) -> str:
    return in_a_plan(f"args: [{{a: {written}}}]")


def code(written: str) -> str:
    return in_a_plan(f"source: {{code: {written}}}")


def path(written: str) -> str:
    return in_a_plan(f"external_path: [{{load_train_data_path: {written}}}]")


def requirement(written: str) -> str:
    return in_a_plan(f"source: {{code: local, requirements: ['{written}']}}")


TWO_STEPS = HEAD + (
    "user_parameters: [{train_pipeline: [{step: a}, {step: b}]}]\n"
    "asset_source: [{train_pipeline: [{step: b, source: {code: local}}, {step: a, source: {code: local}}]}]\n"
)

# For each code and severity of the page, the text of a plan that has it.
TRIGGERS: dict[tuple[str, str], str | bytes] = {
    ("PLAN_ARGS_SHAPE", "note"): in_a_plan("args: {a: 1}"),
    ("PLAN_BOOL_LIKE", "warning"): argument("no"),
    ("PLAN_CHOICE", "error"): in_a_plan("control: [{interface_mode: disk}]"),
    ("PLAN_DATE", "warning"): argument("2024-01-31"),
    ("PLAN_DUPLICATE_ITEM", "error"): in_a_plan("control: [{backup_size: 1}, {backup_size: 2}]"),
    ("PLAN_EMPTY", "stop"): "# nothing\n",
    ("PLAN_EMPTY_PIPELINE", "warning"): re.sub(r"(train_pipeline: )\[.*\]}", r"\1}", PLAN),
    ("PLAN_EMPTY_PIPELINE", "error"): of_alo_3().replace("[f]", "[]"),
    ("PLAN_ENCODING", "stop"): b"name: \xe9\n",
    ("PLAN_ENV", "error"): of_alo_3().replace("[f]", "[f], dataset_uri: !Env '${ALO_NB_NOT_SET}'"),
    ("PLAN_ENV", "warning"): of_alo_3().replace("[f]", "[f], dataset_uri: '${FOLDER}'"),
    ("PLAN_ERA", "error"): "metadata_version: 1.2\npipeline: []\n",
    ("PLAN_FLOAT_LIKE", "warning"): argument("1e-3"),
    ("PLAN_FUNCTION", "error"): of_alo_3(function="{def: f}"),
    ("PLAN_GIT", "note"): of_alo_3("  git: {url: 'https://h/x.git', option: {reset: True}}\n"),
    ("PLAN_GIT_REF", "error"): code("'https://h/x.git', branch: --option"),
    ("PLAN_GIT_URL", "error"): code("locla"),
    ("PLAN_GIT_URL", "warning"): code("'hhttps://h/x.git'"),
    ("PLAN_KEY_TYPE", "error"): PLAN + "7: x\n",
    ("PLAN_KEY_TYPE", "warning"): in_a_plan("args: [{7: x}]"),
    ("PLAN_MISSING_KEY", "error"): HEAD + STEP,
    ("PLAN_MISSING_KEY", "warning"): PLAN.replace(VERSION, ""),
    ("PLAN_MISSING_KEY", "note"): PLAN.replace("control: []\n", ""),
    ("PLAN_MORE", "error"): PLAN + "".join(f"key_{number}: x\n" for number in range(101)),
    ("PLAN_MORE", "warning"): argument("[" + "no, " * 101 + "]"),
    ("PLAN_MORE", "note"): HEAD + "".join(
        f"{section}: [{{train_pipeline: [{', '.join(f'{{step: s{number}, {rest}}}' for number in range(101))}]}}]\n"
        for section, rest in (("user_parameters", "parameters: []"), ("asset_source", "source: {code: local}"))
    ),
    ("PLAN_NAME", "error"): in_a_plan("name: a/b"),
    ("PLAN_NAME", "warning"): in_a_plan("name: 7"),
    ("PLAN_NAN", "warning"): argument(".nan"),
    ("PLAN_NOT_MAPPING", "stop"): "- name: demo\n",
    ("PLAN_NO_EXPORT", "note"): of_alo_3(top="control: {artifacts: False}\n"),
    ("PLAN_OCTAL", "warning"): argument("010"),
    ("PLAN_OLD_KEY", "note"): in_a_plan("control: [{reset_assets: True}]"),
    ("PLAN_OLD_KEY", "warning"): in_a_plan("external_path: [{load_s3_key_path: key.csv}]"),
    ("PLAN_PATH", "error"): path("input/x/"),
    ("PLAN_PATH", "warning"): path("../../x/"),
    ("PLAN_RANGE", "error"): in_a_plan("control: [{backup_size: 0}]"),
    ("PLAN_REQUIREMENT", "error"): requirement("-r other.txt"),
    ("PLAN_REQUIREMENT", "warning"): requirement("pandas --pre"),
    ("PLAN_RESERVED", "error"): of_alo_3(function="{def: alo.f}"),
    ("PLAN_RESPELLED", "note"): in_a_plan("control: [{check_asset_source: once}]"),
    ("PLAN_RETENTION", "note"): of_alo_3(top="control: {backup: {type: count, value: 5}}\n"),
    ("PLAN_SECRET", "warning"): in_a_plan("args: [{password: hunter2}]"),
    ("PLAN_SECRET_IN_URL", "error"): code("'https://user:hunter2@h/x.git'"),
    ("PLAN_SEXAGESIMAL", "warning"): argument("12:30"),
    ("PLAN_SHAPE", "error"): in_a_plan("control: fast"),
    ("PLAN_SHAPE", "warning"): in_a_plan("args: fast"),
    ("PLAN_SHAPE", "note"): in_a_plan("control: {backup_size: 1}"),
    ("PLAN_STEP_DUPLICATE", "error"): TWO_STEPS.replace("step: a", "step: b"),
    ("PLAN_STEP_MISMATCH", "error"): PLAN.replace("{step: fit, args", "{step: fti, args"),
    ("PLAN_STEP_MISMATCH", "warning"): HEAD + STEP + "asset_source: []\n",
    ("PLAN_STEP_NAME", "error"): PLAN.replace("fit", "../fit"),
    ("PLAN_STEP_NAME", "note"): PLAN.replace("fit", "\u1100\u1161"),
    ("PLAN_STEP_ORDER", "note"): TWO_STEPS,
    ("PLAN_TYPE", "error"): in_a_plan("control: [{backup_size: 1GB}]"),
    ("PLAN_TYPE", "warning"): in_a_plan("control: [{backup_size: }]"),
    ("PLAN_TYPE", "note"): code("local, branch: 1.10"),
    ("PLAN_UI_ARGS", "warning"): in_a_plan("args: [{a: 1}], ui_args: [a]"),
    ("PLAN_UNDERSCORE", "warning"): argument("1_000"),
    ("PLAN_UNKNOWN_KEY", "error"): PLAN + "kontrol: []\n",
    ("PLAN_UNKNOWN_KEY", "warning"): of_alo_3(top="kontrol: {}\n"),
    ("PLAN_UNSUPPORTED", "warning"): of_alo_3(top="api: {port: 80}\n"),
    ("PLAN_VALUE", "error"): argument("2024-13-31"),
    ("PLAN_VERSION", "warning"): in_a_plan("version: 1.10"),
    ("YAML_ALIAS_LIMIT", "stop"): argument("&a [*a]"),
    ("YAML_DEPTH", "stop"): argument("[" * 51 + "]" * 51),
    ("YAML_DUPLICATE_KEY", "error"): PLAN + NAME,
    ("YAML_MULTIDOC", "stop"): PLAN + "---\n" + PLAN,
    ("YAML_SIZE", "stop"): argument("x" * 2**20),
    ("YAML_SYNTAX", "stop"): argument("["),
    ("YAML_TAG", "stop"): argument("!!python/tuple [a]"),
    ("YAML_TAG", "error"): argument("!Env '${HOME}'"),
}  # fmt: skip


@pytest.mark.parametrize(("found", "text"), TRIGGERS.items(), ids=[" ".join(each) for each in TRIGGERS])
def test_a_code_comes_with_the_severity_of_the_page(found: tuple[str, str], text: str | bytes) -> None:
    name, severity = found
    if severity == "stop":
        with pytest.raises(PlanReadError) as caught:
            parse_plan(text)
        assert vars(caught.value)["code"] == name
    else:
        assert name in codes_of(check(parse_plan(text))).get(severity, [])


def unread(path: Path) -> dict[str, list[str]]:
    with pytest.raises(PlanReadError) as caught:
        read_plan(path)
    return {"stop": [vars(caught.value)["code"]]}


def checked(text: str, folder: Path) -> dict[str, list[str]]:
    """Return what ``alo-nb check`` finds about a plan in the project `folder`."""
    (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return codes_of(examine("plan.yaml", Project(folder))[1])


def test_codes_of_files_come_with_the_severity_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")

    assert unread(tmp_path) == {"stop": ["PLAN_NOT_FILE"]}
    assert unread(tmp_path / "none.yaml") == {"stop": ["PLAN_NOT_FOUND"]}
    assert unread(tmp_path / "plan.yaml" / "none.yaml") == {"stop": ["PLAN_UNREADABLE"]}
    assert codes_of(examine("none.yaml", Project(tmp_path))[1]) == {"error": ["PLAN_NOT_FOUND"]}
    assert codes_of(examine("x" * 300, Project(tmp_path))[1]) == {"error": ["PLAN_UNREADABLE"]}


def test_codes_of_missing_code_come_with_the_severity_of_the_page(tmp_path: Path) -> None:
    assert checked(PLAN, tmp_path) == {"warning": ["PLAN_SOURCE"]}
    (tmp_path / "assets" / "fit").mkdir(parents=True)
    assert checked(PLAN, tmp_path) == {"error": ["PLAN_SOURCE"]}
    assert checked(of_alo_3(), tmp_path) == {"warning": ["PLAN_SOURCE"]}
    (tmp_path / "m.py").write_text("", encoding="utf-8")
    assert checked(of_alo_3(), tmp_path) == {"error": ["PLAN_SOURCE"]}


def test_codes_of_arguments_come_with_the_severity_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "assets" / "fit").mkdir(parents=True)
    (tmp_path / "assets" / "fit" / "asset_fit.py").write_text("asset.save_data({})\n", encoding="utf-8")

    assert checked(argument("1"), tmp_path) == {"warning": ["PLAN_ARGUMENT"]}


def test_codes_of_metadata_and_expressions_come_with_the_severity_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "system.yaml").write_text("pipeline: [{type: train, dataset_uri: data/}]\n", encoding="utf-8")
    overlaid = overlay_solution_metadata(parse_plan(PLAN), tmp_path / "system.yaml")
    expression = of_alo_3(function="{def: m.f, argument: {a: !Python 1 + 1}}")

    assert codes_of(check(overlaid)) == {"note": ["PLAN_SYSTEM"]}
    assert codes_of(check(parse_plan(expression))) == {"error": ["YAML_TAG"]}
    assert codes_of(check(parse_plan(expression, allow_python_tags=True))) == {"note": ["YAML_TAG"]}


def test_every_severity_of_the_page_is_tried() -> None:
    here = raised_codes("plan") | raised_codes("headless")  # other packages' codes are tried in their own tests
    tried = {
        *TRIGGERS,
        *((code, "stop") for code in ("PLAN_NOT_FILE", "PLAN_NOT_FOUND", "PLAN_UNREADABLE")),
        *(("PLAN_SOURCE", severity) for severity in ("error", "warning")),
        ("PLAN_ARGUMENT", "warning"),
        ("PLAN_SYSTEM", "note"),
        ("YAML_TAG", "note"),
    }

    shown = {(name, severity) for name, row in CODE_ROWS.items() for severity in row.cells[1].split(", ")}

    assert {(name, severity) for name, severity in shown if name in here} == tried
