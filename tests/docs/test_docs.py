"""What the documents say is so: examples run and print what they show, and everything public is described."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from socket_kernels import execute

import alo_nb
from alo_nb import errors
from alo_nb.headless import cli
from alo_nb.plan.model import Control, ExternalPath

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
REFERENCE = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
MAGICS = sorted(path.stem for path in (REPOSITORY / "magics").glob("[!_]*.py"))


def without_times(text: str) -> str:
    """Return a shown run without its id and its durations."""
    text = re.sub(r"run (\d{8}T\d{6}Z-)?[0-9a-f]{6}", "run ID", text)
    return re.sub(r" +[\d.]+ m?s  ", "  TIME  ", text).strip()


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_example_of_the_readme_prints_what_the_readme_shows(name: str, tmp_path: Path) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    cells = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = re.findall(r"```\n(notebook · .*?)```", README, re.DOTALL)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells])

    execute(notebook, tmp_path)

    assert len(cells) == 4
    printed = notebook.cells[-1].outputs[-1]["data"]["text/plain"]
    assert without_times(printed) == without_times(shown[0])


def test_the_korean_readme_tells_what_the_english_one_tells() -> None:
    korean = (REPOSITORY / "README.ko.md").read_text(encoding="utf-8")
    doors = [set(re.findall(r"^\| `.*", text, re.MULTILINE)) for text in (README, korean)]
    calls = [sorted(re.findall(r"`([^`]+)`", " ".join(rows))) for rows in doors]
    assert calls[0] == calls[1]
    assert calls[0]
    commands = [re.findall(r"^(?:alo-nb|make|papermill) [\w ./]+", text, re.MULTILINE) for text in (README, korean)]
    assert [each.split("  ")[0] for each in commands[0]] == [each.split("  ")[0] for each in commands[1]]


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_every_tutorial_is_in_the_readme(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    numbers = {each.name[:2] for each in (REPOSITORY / "example_notebooks").glob("*.ipynb")}
    assert set(re.findall(r"\(example_notebooks/(\d\d)_[\w.]+\.ipynb\)", text)) == numbers


@pytest.mark.parametrize("magic", MAGICS)
def test_every_magic_has_a_place_in_the_reference(magic: str) -> None:
    assert re.search(rf"^### `%+{magic}`$", REFERENCE, re.MULTILINE)


@pytest.mark.parametrize("name", [*Control.__dataclass_fields__, *ExternalPath.__dataclass_fields__])
def test_every_key_of_a_plan_is_in_the_reference(name: str) -> None:
    if name == "places":
        assert name not in REFERENCE  # not a key: where the keys stand
    else:
        assert name in REFERENCE


def test_every_error_is_in_the_reference() -> None:
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.AloNbError):
            assert name in REFERENCE, name


def test_every_command_is_in_the_reference(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("COMMAND\n")[2].partition("\n\n")[0]
    commands = [line.split()[0] for line in listed.splitlines()]

    assert "run" in commands
    for command in commands:
        assert f"`alo-nb {command}" in REFERENCE


def test_every_public_function_is_in_the_reference() -> None:
    names = "asset run status why debug truth_check signature history use_plan use_project drop overview"
    for name in names.split():
        assert name in alo_nb.__all__
        assert f"alo_nb.{name}(" in REFERENCE


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
