from __future__ import annotations

from pathlib import Path

import pytest

from alo_nb.requirements.lines import read_line

HERE = Path("/no/such/folder")

PACKAGES = {
    "pandas": "pandas",
    "pandas==2.2.2": "pandas==2.2.2",
    "scikit-learn >= 1.3, <2": "scikit-learn<2,>=1.3",
    "torch[cpu]~=2.1 # why": "torch[cpu]~=2.1",
    "pkg (>=1)": "pkg>=1",
    "pkg==1.0+cu118": "pkg==1.0+cu118",
    "pywin32; sys_platform == 'win32'": 'pywin32; sys_platform == "win32"',
    "pkg==1 --force-reinstall": "pkg==1",
}


@pytest.mark.parametrize(("line", "found"), PACKAGES.items())
def test_a_package_is_read(line, found):
    read = read_line(line, HERE)
    assert (str(read.requirement), read.passed_on) == (found, "")
    assert read.fault is None or read.fault.severity == "warning"


@pytest.mark.parametrize("line", ["", "   ", "# all", "  # all"])
def test_blank_lines_and_comments_say_nothing(line):
    read = read_line(line, HERE)
    assert (read.requirement, read.passed_on, read.fault) == (None, "", None)


PASSED_ON = {
    "torch==2.1.2 --index-url https://index.example.org/whl": (
        "torch==2.1.2",
        "--index-url https://index.example.org/whl",
    ),
    "--extra-index-url=https://h.example.org/s": (None, "--extra-index-url=https://h.example.org/s"),
    "-e git+https://h.example.org/x.git": (None, "-e git+https://h.example.org/x.git"),
    "-r other.txt": (None, "-r other.txt"),
    "x @ https://h.example.org/x.whl": (None, "x @ https://h.example.org/x.whl"),
    "https://h.example.org/x.whl": (None, "https://h.example.org/x.whl"),
    "../../x": (None, "../../x"),
    "wheels/x-1.0-py3-none-any.whl": (None, "wheels/x-1.0-py3-none-any.whl"),
    "pkg --install-option=x": ("pkg", "--install-option=x"),
    "pkg\n--pre": ("pkg", "--pre"),
    "pkg --force-reinstall --pre": ("pkg", "--pre"),
}


@pytest.mark.parametrize(("line", "found"), PASSED_ON.items())
def test_what_only_the_installer_understands_is_kept_apart_and_never_without_a_fault(line, found):
    read = read_line(line, HERE)
    requirement = None if read.requirement is None else str(read.requirement)
    assert (requirement, read.passed_on) == found
    assert read.fault is not None


@pytest.mark.parametrize(
    "line",
    ["pkg = 1.0", "a; import os", "other.txt", "requirements.txt", "pkg==", "$(touch x)", "a | touch x", "pkg==1.*.2"],
)
def test_what_nobody_understands_stays_a_fault(line):
    read = read_line(line, HERE)
    assert (read.requirement, read.passed_on) == (None, "")
    assert (read.fault.code, read.fault.severity) == ("PLAN_REQUIREMENT", "error")


@pytest.mark.parametrize(
    "line",
    [
        "-e git+https://user:SECRET@h.example.org/x.git",
        "--find-links https://user:SECRET@h.example.org/x",
        "--index-url=https://user:SECRET@h.example.org/",
        "x @ https://ghp_SECRETSECRETSECRETSECRET@h.example.org/x.whl",
    ],
)
def test_credentials_are_refused_whatever_is_allowed_and_not_shown(line):
    read = read_line(line, HERE)
    assert (read.requirement, read.passed_on, read.fault.code) == (None, "", "PLAN_SECRET_IN_URL")
    assert "SECRET" not in read.fault.message


def test_a_path_starts_at_the_folder_of_its_file(tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "x").mkdir()
    folder = tmp_path / "a b"
    address = (tmp_path / "x").as_uri()
    assert read_line("-e ../x", folder).passed_on == f"-e {address}"
    assert read_line("--find-links=../x", folder).passed_on == f"--find-links={address}"
    assert read_line("../x", folder).passed_on == address
    assert read_line("-r .", folder).passed_on == f"-r {tmp_path.as_uri()}/a%20b"
    assert read_line("./y", folder).passed_on == "./y"
