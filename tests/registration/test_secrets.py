"""No secret goes into a bundle, and none is shown on the way."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from alo_nb.errors import AloNbError
from alo_nb.headless.cli import main
from alo_nb.registration.secrets import secret_lines

from .conftest import TRAIN

CANARY = "canary8eebbd40"
KEY = "AKIAQ7CANARY8EEBBD40"  # the form of an AWS access key
ENVIRONMENT = f"TOKEN={CANARY}\nAWS_ACCESS_KEY_ID={KEY}\n"
GIT = f'[remote "origin"]\n\turl = https://me:{CANARY}@host/x.git\n'


def everything(folder: Path) -> bytes:
    """Return the bytes of all files below a folder, with what archives hold, and all names."""
    parts = []
    for path in folder.rglob("*"):
        parts.append(str(path).encode())
        if path.suffix == ".gz":
            with tarfile.open(path) as archive:
                parts += [f"{each.name}\n".encode() + archive.extractfile(each).read() for each in archive]
        elif path.is_file():
            parts.append(path.read_bytes())
    return b"\n".join(parts)


def test_what_keeps_secrets_stays_behind_and_is_named(ran, capsys):
    for name, text in {
        "assets/input/.git/config": GIT,
        "assets/input/.env": ENVIRONMENT,
        "assets/input/prod.env": ENVIRONMENT,
        "assets/input/.aws/credentials": f"[default]\naws_secret_access_key = {CANARY}\n",
        "assets/input/keys/server.pem": f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n",
        "assets/input/credentials.csv": f"id,secret\n{KEY},{CANARY}\n",
        "input/train/.env": ENVIRONMENT,
        "train_artifacts/models/train/.git/config": GIT,
        ".env": ENVIRONMENT,
        ".git/config": GIT,
    }.items():
        ran.put(name, text)
    ran.plan["external_path_permission"] = [{"aws_key_profile": CANARY}]
    ran.write_texts()

    assert main(["bundle", "plan.yaml", "--info", "info.yaml", "--output", str(ran.output)]) == 0
    shown = capsys.readouterr()

    found = everything(ran.output)
    assert b"asset_input.py" in found
    for secret in (CANARY, KEY):
        assert secret.encode() not in found
        assert secret not in shown.out + shown.err
    assert "left out: assets/input/.env" in shown.out
    assert "left out: assets/input/.git" in shown.out
    assert "left out: input/train/.env" in shown.out


def token_in_git_address(ran):
    ran.steps("asset_source", "train_pipeline")[1]["source"]["code"] = f"https://me:{CANARY}@host/x.git"


def password_of_an_index(ran):
    requirements = [f"torch --index-url https://me:{CANARY}@host/simple"]
    ran.steps("asset_source", "train_pipeline")[1]["source"]["requirements"] = requirements


def password_of_an_index_in_a_file(ran):
    ran.put("assets/input/requirements.txt", f"--index-url https://me:{CANARY}@host/simple\n")


def address_in_an_argument(ran):
    ran.steps("user_parameters", "train_pipeline")[1]["args"] = [{"rate": 1, "url": f"db://me:{CANARY}@host/x"}]


def password_in_an_argument(ran):
    ran.steps("user_parameters", "train_pipeline")[1]["args"] = [{"rate": 1, "db": {"password": CANARY}}]


def password_on_a_magic_line(ran):
    ran.lines["train"] = f" db_password={CANARY}"


def address_in_ui_args_detail(ran):
    ran.plan["ui_args_detail"][0]["train_pipeline"][0]["args"][0]["description"] = f"see db://me:{CANARY}@host/x"


def address_in_a_cell(ran):
    ran.cells["train"] = f"{TRAIN}url = 'db://me:{CANARY}@host/x'\n"


def address_in_a_constant_of_another_cell(ran):
    ran.shared += f"\nURL = 'db://me:{CANARY}@host/x'\n"
    ran.cells["train"] = f"{TRAIN}url = URL\n"


def key_in_a_function_of_another_cell(ran):
    ran.shared = ran.shared.replace("return FACTOR", f"KEY = '{KEY}'\n    return FACTOR")


def key_in_an_asset_file(ran):
    ran.put("assets/input/reading.py", f"KEY = '{KEY}'\n\n" + (ran.root / "assets/input/reading.py").read_text())


def key_in_a_file_beside(ran):
    ran.put("assets/input/config/settings.ini", f"[a]\nkey = {KEY}\nsecret = {CANARY}\n")


def address_in_a_report(ran):
    ran.put("train_artifacts/report/report.html", f"<a href='https://me:{CANARY}@host/x'>x</a>")


def address_in_the_info(ran):
    ran.info["overview"] = f"see https://me:{CANARY}@host/x"


def key_in_the_name(ran):
    ran.info["solution_name"] = KEY


SECRETS = (
    token_in_git_address,
    password_of_an_index,
    password_of_an_index_in_a_file,
    address_in_an_argument,
    password_in_an_argument,
    password_on_a_magic_line,
    address_in_ui_args_detail,
    address_in_a_cell,
    address_in_a_constant_of_another_cell,
    key_in_a_function_of_another_cell,
    key_in_an_asset_file,
    key_in_a_file_beside,
    address_in_a_report,
    address_in_the_info,
    key_in_the_name,
)


@pytest.mark.parametrize("add", SECRETS, ids=lambda add: add.__name__)
def test_a_secret_in_what_would_be_bundled_is_refused_and_not_shown(ran, capsys, add):
    add(ran)
    ran.write_texts()
    codes = {each.code for each in ran.examine().errors}

    assert codes & {"BUNDLE_SECRET", "INFO_SECRET", "PLAN_SECRET", "PLAN_SECRET_IN_URL"}
    for options in ([], ["--json"]):
        assert main(["bundle", "plan.yaml", "--info", "info.yaml", "--output", str(ran.output), *options]) == 1
        shown = capsys.readouterr()
        assert CANARY not in shown.out + shown.err
        assert KEY not in shown.out + shown.err
    with pytest.raises(AloNbError) as caught:
        ran.bundle()
    assert CANARY not in str(caught.value)
    assert not ran.output.exists()


def test_what_looks_like_a_secret_in_data_is_a_warning(ran):
    ran.put("sample/train/values.csv", f"x,link\n1,https://me:{CANARY}@host/x\n")
    ran.run()
    problem = ran.found("BUNDLE_SECRET")

    assert (problem.severity, problem.place.line) == ("warning", 2)
    assert problem.place.file.endswith("input/train/train/values.csv")


@pytest.mark.parametrize(
    "line",
    [
        'url = f"postgresql://{user}:{password}@{host}/db"',
        'url = "db://%s:%s@host" % (user, password)',
        'url = "db://$USER:$PASSWORD@host"',
        "# write to somebody@host, or mailto:somebody@host",
        "@decorator  # see https://host/x",
        "git clone ssh://git@host/x.git",
    ],
)
def test_what_is_filled_in_later_is_no_secret(line):
    assert list(secret_lines(line)) == []


@pytest.mark.parametrize(
    "line",
    ["x = 'https://me:hunter2@host'", f"x = '{KEY}'", "-----BEGIN RSA PRIVATE KEY-----", "t = 'ghp_" + 30 * "a" + "'"],
)
def test_what_is_a_secret_is_found_by_its_line(line):
    assert list(secret_lines(f"a\n{line}\nb")) == [2]
