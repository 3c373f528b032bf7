from __future__ import annotations

import base64
import http.server
import json
import os
import socket
import subprocess
import threading
from dataclasses import FrozenInstanceError
from pathlib import Path

import psutil
import pytest

from alo_nb.errors import SourceError
from alo_nb.external import git as git_module
from alo_nb.external import git_command
from alo_nb.external.git import Checkout, checkout
from alo_nb.project import Project

WHERE = "plan.yaml, line 3"
DEAD = "http://127.0.0.1:9/team/step.git"


def git(*arguments, cwd):
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user who has a name for git and no other settings; file and http addresses are allowed."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [each for each in os.environ if each.startswith("GIT_") or each == "XDG_CONFIG_HOME"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "https,ssh,http,file")
    settings = "[user]\nname = Kim\nemail = kim@example.com\n[init]\ndefaultBranch = main\n"
    (home / ".gitconfig").write_text(settings)
    return home


@pytest.fixture
def project(tmp_path, home):
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


@pytest.fixture
def destination(project):
    return project.root / "assets" / "train"


class Upstream:
    """A repository that somebody else has."""

    def __init__(self, path: Path) -> None:
        self.path, self.url = path, f"file://{path}"
        path.mkdir(parents=True)
        git("init", "-q", cwd=path)
        self.first = self.commit("asset_train.py", "one")

    def commit(self, name: str, text: str) -> str:
        (self.path / name).write_text(text)
        git("add", "-A", cwd=self.path)
        git("commit", "-q", "-m", text, cwd=self.path)
        return git("rev-parse", "HEAD", cwd=self.path)

    def branch(self, name: str, text: str) -> str:
        git("checkout", "-q", "-b", name, cwd=self.path)
        commit = self.commit("asset_train.py", text)
        git("checkout", "-q", "main", cwd=self.path)
        return commit


@pytest.fixture
def upstream(home, tmp_path):
    return Upstream(tmp_path / "upstream" / "step.git")


@pytest.fixture
def fetch(project, destination, upstream):
    """Fetches the upstream, or what is named instead; ``get_asset_source: once`` unless `refresh`."""

    def call(ref=None, *, url=None, refresh=False, to=destination):
        return checkout(url or upstream.url, ref, to, project=project, refresh=refresh, where=WHERE)

    return call


def refused(fetch, *arguments, **named):
    with pytest.raises(SourceError) as caught:
        fetch(*arguments, **named)
    assert WHERE in caught.value.where
    assert "\n" not in caught.value.what
    assert caught.value.do
    return caught.value


def tree(folder):
    """Every path below a folder with its bytes; links by what they name."""
    return {
        str(each.relative_to(folder)): str(each.readlink())
        if each.is_symlink()
        else each.is_file() and each.read_bytes()
        for each in sorted(folder.rglob("*"))
    }


def code(folder):
    return (folder / "asset_train.py").read_text()


def assert_no_leftovers(project):
    for name in ("staging", "trash"):
        assert not (project.own / name).exists() or not list((project.own / name).iterdir())


# -- what is fetched -------------------------------------------------------------------------------------------------


def test_the_default_branch_is_fetched_when_no_ref_is_named(fetch, upstream, destination, project):
    git("checkout", "-q", "-b", "trunk", cwd=upstream.path)
    newest = upstream.commit("asset_train.py", "trunk")
    found = fetch()
    assert found == Checkout(destination, newest, upstream.url, edited=False)
    assert code(destination) == "trunk"
    assert git("rev-parse", "HEAD", cwd=destination) == newest
    assert_no_leftovers(project)
    with pytest.raises(FrozenInstanceError):
        found.commit = "x"


def test_branches_tags_and_commits_are_found(fetch, upstream, destination):
    two = upstream.branch("feature/2", "two")
    git("tag", "-a", "v1", "-m", "annotated", cwd=upstream.path)
    git("tag", "light", two, cwd=upstream.path)
    last = upstream.commit("asset_train.py", "three")
    expected = {
        "feature/2": (two, "two"),
        "origin/feature/2": (two, "two"),
        "main": (last, "three"),
        "v1": (upstream.first, "one"),
        "light": (two, "two"),
        two: (two, "two"),
        two[:10]: (two, "two"),
        upstream.first: (upstream.first, "one"),
    }
    for ref, (commit, text) in expected.items():
        found = fetch(ref)
        assert (found.commit, code(destination), found.edited) == (commit, text, False), ref


def test_a_branch_goes_before_a_tag_of_the_same_name(fetch, upstream, destination):
    upstream.branch("v1", "branch")
    git("tag", "v1", upstream.first, cwd=upstream.path)
    assert fetch("v1").commit != upstream.first
    assert code(destination) == "branch"


def test_once_uses_what_is_there_even_when_the_host_is_gone(fetch, upstream, destination):
    first = fetch("main")
    upstream.commit("asset_train.py", "two")
    assert fetch("main") == first
    upstream.path.rename(upstream.path.with_name("gone"))
    assert fetch("main") == first
    assert code(destination) == "one"


def test_every_fetches_anew(fetch, upstream, destination, project):
    assert fetch("main", refresh=True).commit == upstream.first
    (upstream.path / "old.py").write_text("")
    upstream.commit("old.py", "old")
    fetch("main", refresh=True)
    git("rm", "-q", "old.py", cwd=upstream.path)
    newest = upstream.commit("asset_train.py", "two")
    assert fetch("main", refresh=True).commit == newest
    assert code(destination) == "two"
    assert not (destination / "old.py").exists()
    assert_no_leftovers(project)


def test_once_notices_another_ref_and_another_address(fetch, upstream, destination, tmp_path):
    fetch()
    two = upstream.branch("two", "two")
    assert fetch("two").commit == two
    assert code(destination) == "two"
    other = Upstream(tmp_path / "other.git")
    three = other.branch("two", "three")
    assert fetch("two", url=other.url) == Checkout(destination, three, other.url)
    assert code(destination) == "three"
    assert fetch("two").commit == two


def test_an_empty_folder_is_filled(fetch, destination):
    destination.mkdir(parents=True)
    fetch()
    assert code(destination) == "one"


def test_the_checkout_can_be_moved_with_its_project(fetch, upstream, project, destination, tmp_path):
    fetch("main")
    project.root.rename(tmp_path / "moved")
    there = tmp_path / "moved" / "assets" / "train"
    found = checkout(upstream.url, "main", there, project=Project(tmp_path / "moved"), refresh=False)
    assert (found.commit, found.edited) == (upstream.first, False)


# -- nothing lost ----------------------------------------------------------------------------------------------------

EDITS = {
    "a changed file": lambda folder: (folder / "asset_train.py").write_text("mine"),
    "a new file": lambda folder: (folder / "notes.txt").write_text("mine"),
    "a deleted file": lambda folder: (folder / "asset_train.py").unlink(),
    "an ignored file": lambda folder: (folder / "data" / "mine.csv").write_text("1"),
    "a commit": lambda folder: git("commit", "-q", "--allow-empty", "-m", "mine", cwd=folder),
    "a branch": lambda folder: git("branch", "mine", cwd=folder),
    "a stash": lambda folder: ((folder / "asset_train.py").write_text("mine"), git("stash", cwd=folder)),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_local_edits_are_never_overwritten(fetch, upstream, destination, edit):
    upstream.commit(".gitignore", "data/\n")
    fetch("main")
    (destination / "data").mkdir()
    edit(destination)
    before = tree(destination)
    upstream.branch("two", "two")
    for named in ({"ref": "main", "refresh": True}, {"ref": "two"}):
        error = refused(fetch, **named)
        assert error.what.startswith("the code in 'train' was edited after it was fetched, and is not overwritten: ")
        assert error.do.startswith("push the edits to the repository and move the folder away, or write `code: local`")
        assert {name: each for name, each in tree(destination).items() if name != ".git/index"} == {
            name: each for name, each in before.items() if name != ".git/index"
        }
    assert fetch("main").edited is True


def test_once_tells_the_commit_that_is_checked_out_now(fetch, destination):
    fetch("main")
    git("commit", "-q", "--allow-empty", "-m", "mine", cwd=destination)
    assert fetch("main").commit == git("rev-parse", "HEAD", cwd=destination)


def test_what_python_leaves_beside_a_module_is_no_edit(fetch, upstream, destination):
    fetch("main")
    (destination / "__pycache__").mkdir()
    (destination / "__pycache__" / "asset_train.cpython-311.pyc").write_bytes(b"x")
    assert fetch("main").edited is False
    newest = upstream.commit("asset_train.py", "two")
    assert fetch("main", refresh=True).commit == newest


def test_files_that_git_calls_changed_in_a_fresh_checkout_are_no_edit(fetch, upstream, destination, monkeypatch):
    """Line-end rules do that, at once where the clock of the files is coarse: here by a time that is not theirs."""
    upstream.commit(".gitattributes", "*.txt text\n")
    (upstream.path / "windows.txt").write_bytes(b"a\r\nb\r\n")
    blob = git("hash-object", "-w", "--no-filters", "windows.txt", cwd=upstream.path)
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},windows.txt", cwd=upstream.path)
    git("commit", "-q", "-m", "line ends", cwd=upstream.path)
    real = git_module._refuse_links_out

    def touch(folder, where):
        os.utime(folder / "windows.txt", (1, 1))
        real(folder, where)

    monkeypatch.setattr(git_module, "_refuse_links_out", touch)
    fetch("main")
    assert "windows.txt" in git("status", "--porcelain", cwd=destination)
    assert fetch("main").edited is False
    assert fetch("main", refresh=True).edited is False


def test_an_edit_that_is_made_during_the_clone_is_kept(fetch, destination, monkeypatch):
    fetch("main")
    real = git_module._clone

    def clone(*arguments):
        commit = real(*arguments)
        (destination / "asset_train.py").write_text("meanwhile")
        return commit

    monkeypatch.setattr(git_module, "_clone", clone)
    assert "was edited after it was fetched" in refused(fetch, "main", refresh=True).what
    assert code(destination) == "meanwhile"


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize(
    "kind", ["folder", "file", "checkout of the user", "link", "dead link", "link to our own", "damaged marker"]
)
def test_what_alo_nb_did_not_make_is_never_overwritten(fetch, upstream, destination, tmp_path, kind, refresh):
    destination.parent.mkdir(parents=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "asset_train.py").write_text("mine")
    if kind == "link to our own":
        fetch(to=destination.with_name("other"))
        destination.symlink_to("other")
    elif kind == "file":
        destination.write_text("mine")
    elif "link" in kind:
        destination.symlink_to(tmp_path / ("nowhere" if kind == "dead link" else "mine"))
    elif kind == "folder":
        (tmp_path / "mine").rename(destination)
    else:
        git("clone", "-q", upstream.path, destination, cwd=tmp_path)
        if kind == "damaged marker":
            (destination / ".git" / "alo_nb.json").write_text('{"url": ')
    before = tree(tmp_path / "project")
    error = refused(fetch, refresh=refresh)
    assert error.what == "'train' is there already, and is no checkout that alo_nb made"
    assert error.do.startswith("move it away to have the code fetched, or write `code: local`")
    assert tree(tmp_path / "project") == before


@pytest.mark.parametrize("place", ["outside/victim", "project", "project/..", "project/assets/../../outside/victim"])
def test_a_folder_outside_the_project_is_refused(fetch, tmp_path, place):
    (tmp_path / "outside" / "victim").mkdir(parents=True)
    with pytest.raises(SourceError, match="the folder for code from git is outside the project"):
        fetch(to=tmp_path / place)
    assert not list((tmp_path / "outside" / "victim").iterdir())


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"url": DEAD}, "git clone failed: "),
        ({"url": "file:///no/where/step.git"}, "git clone failed: "),
        ({"ref": "featrue"}, "has no branch, tag or commit 'featrue'; did you mean 'feature'?"),
        ({"ref": "0123456789abcdef0123456789abcdef01234567"}, "has no branch, tag or commit '0123456789abcdef01"),
    ],
)
def test_a_failing_clone_leaves_what_is_there(fetch, upstream, destination, project, named, message, there):
    upstream.branch("feature", "two")
    if there:
        fetch("main")
    before = tree(destination) if there else None
    error = refused(fetch, refresh=True, **named)
    assert message in error.what
    assert "what was fetched before is still there" in error.do
    assert (tree(destination) if there else None) == before
    assert destination.exists() is there
    assert_no_leftovers(project)


def test_an_empty_repository_is_refused_in_words(fetch, tmp_path, home):
    git("init", "-q", "--bare", tmp_path / "empty.git", cwd=tmp_path)
    with pytest.raises(SourceError, match="the repository has no commit on its default branch"):
        fetch(url=f"file://{tmp_path}/empty.git")


def test_a_host_that_never_answers_is_given_up(fetch, destination, project, monkeypatch):
    monkeypatch.setattr(git_command, "TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/step.git"
        error = refused(fetch, url=url)
        living = [each for each in psutil.process_iter(["cmdline"]) if url in (each.info["cmdline"] or ())]
    assert error.what == "git clone took more than 0.5 seconds"
    assert not living
    assert not destination.exists()
    assert_no_leftovers(project)


def test_a_machine_without_git_gets_a_clear_error(fetch, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    error = refused(fetch)
    assert error.what == "git is not installed, and the plan names code from git"
    assert error.do.startswith("install git, or clone the code")


# -- hostile addresses and refs --------------------------------------------------------------------------------------

URLS = [
    "ext::sh -c touch% {trip}",
    "ext::touch {trip}",
    "fd::17",
    "http::ext::touch {trip}",
    "--upload-pack=touch {trip}",
    "-utouch {trip}",
    "ssh://-oProxyCommand=touch%20{trip}/x",
    "ssh://kim@-oProxyCommand=touch%20{trip}/x",
    "ssh://-oProxyCommand=touch%20{trip}@host/x",
    "git@-oProxyCommand=touch:x",
    "-oProxyCommand=touch@host:x",
    "git@host:-utouch",
    "ssh://host/-utouch{trip}",
    "https://host/x;touch {trip}",
    "https://host/$(touch${{IFS}}{trip})",
    "https://host/`touch`",
    "https://host/x\ntouch {trip}",
    "https://host/x\0y",
    "HTTPS://host/x",
    "https:///x",
    "https://host/x?token=hunter2",
    "file://host/repo",
    "file://kim@/repo",
    "{upstream}",
    "../upstream/step.git",
    "",
]
REFS = [
    "--upload-pack=touch {trip}",
    "-f",
    "-",
    ".",
    "--",
    "main --force",
    "main;touch {trip}",
    "$(touch {trip})",
    "main\n",
    "main..HEAD",
    "main^{{/x}}",
    "HEAD~1",
    "@{{-1}}",
    "main:asset_train.py",
    "../../HEAD",
    "main.lock",
    "+main",
    "refs//heads",
    "",
    "a" * 300,
]


@pytest.mark.parametrize("url", URLS)
def test_a_hostile_address_is_refused_and_runs_nothing(fetch, upstream, destination, tmp_path, url):
    trip = tmp_path / "trip"
    error = refused(fetch, url=url.format(trip=trip, upstream=upstream.path) or "/")
    assert "is no address that code is fetched from" in error.what
    assert "hunter2" not in str(error)
    assert error.do == "write https://host/path.git or git@host:path.git"
    assert not trip.exists()
    assert not destination.exists()


@pytest.mark.parametrize("ref", REFS)
def test_a_hostile_ref_is_refused_and_runs_nothing(fetch, destination, tmp_path, ref):
    trip = tmp_path / "trip"
    assert "is no branch, tag or commit" in refused(fetch, ref.format(trip=trip)).what
    assert not trip.exists()
    assert not destination.exists()


@pytest.mark.parametrize("protocol", ["http", "file", "git"])
def test_only_https_and_ssh_are_used_unless_others_are_named(fetch, upstream, monkeypatch, protocol, destination):
    url = upstream.url if protocol == "file" else f"{protocol}://127.0.0.1:9/x"
    for setting in (None, "https,ssh"):
        monkeypatch.delenv("ALO_NB_GIT_PROTOCOLS")
        if setting:
            monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", setting)
        error = refused(fetch, url=url)
        assert error.what == f"code is not fetched by {protocol}, only by https, ssh: '{url}'"
        assert f"ALO_NB_GIT_PROTOCOLS=https,ssh,{protocol}" in error.do
        monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", "")
    assert not destination.exists()


@pytest.mark.parametrize("protocol", ["ext", "fd", "https;ext", "*"])
def test_no_setting_allows_a_protocol_that_runs_commands(fetch, monkeypatch, protocol):
    monkeypatch.setenv("ALO_NB_GIT_PROTOCOLS", f"https,{protocol}")
    with pytest.raises(SourceError, match="by which code is never fetched") as caught:
        fetch()
    assert caught.value.do == "name some of https, ssh, http, git, file"


def test_a_rewritten_address_cannot_reach_another_protocol(fetch, home, tmp_path, destination):
    trip = tmp_path / "trip"
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[url "ext::sh -c touch% {trip} "]\ninsteadOf = "https://host/"\n[protocol]\nallow = always\n')
        file.write("[protocol.ext]\nallow = always\n".replace("[protocol.ext]", '[protocol "ext"]'))
    raw = subprocess.run(["git", "ls-remote", "https://host/x"], capture_output=True, check=False)
    assert raw.returncode, "the repository does not exist"
    assert trip.exists(), "git alone runs the command"
    trip.unlink()
    refused(fetch, url="https://host/x")
    assert not trip.exists()


def test_ssh_and_scp_addresses_go_to_ssh_which_never_asks(fetch, tmp_path, monkeypatch):
    ssh, log = tmp_path / "bin" / "ssh", tmp_path / "ssh.log"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexit 255\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    for url in ("git@host:team/step.git", "ssh://git@host:2222/team/step.git"):
        refused(fetch, url=url)
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -i my_key")
    refused(fetch, url="git@host:team/step.git")
    calls = [each for each in log.read_text().splitlines() if "git-upload-pack" in each]
    assert len(calls) == 3
    assert all("-o BatchMode=yes" in each and "git@host git-upload-pack" in each for each in calls)
    assert "-p 2222" in calls[1]
    assert calls[2].startswith("-i my_key ")


# -- hostile repositories and surroundings ---------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["init.templateDir", "core.hooksPath", "core.fsmonitor"])
def test_no_hook_is_run(fetch, upstream, home, tmp_path, destination, setting):
    trip = tmp_path / "trip"
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {trip}\n")
        (hooks / name).chmod(0o755)
    values = {"init.templateDir": hooks.parent, "core.hooksPath": hooks, "core.fsmonitor": hooks / "post-checkout"}
    git("config", "--global", setting, values[setting], cwd=tmp_path)
    git("clone", "-q", upstream.path, tmp_path / "plain", cwd=tmp_path)
    git("status", cwd=tmp_path / "plain")
    assert trip.exists(), "git alone runs the hook"
    trip.unlink()
    fetch()
    fetch()
    fetch(refresh=True)
    assert not trip.exists()
    assert not (destination / ".git" / "hooks").exists()


def test_submodules_are_not_fetched(fetch, upstream, destination, tmp_path):
    other = Upstream(tmp_path / "other.git")
    git("config", "--global", "submodule.recurse", "true", cwd=tmp_path)
    git("-c", "protocol.file.allow=always", "submodule", "add", "-q", other.url, "sub", cwd=upstream.path)
    upstream.commit("asset_train.py", "two")
    fetch(refresh=True)
    assert code(destination) == "two"
    assert not list((destination / "sub").iterdir())
    assert fetch().edited is False


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../secret", "deep/../../up", "loop", "inside.py/../../../x"])
def test_a_link_that_leads_out_is_refused(fetch, upstream, destination, project, target):
    fetch("main")
    before = tree(destination)
    (upstream.path / "deep").mkdir()
    if target == "loop":
        (upstream.path / "chain").symlink_to("/etc")
    (upstream.path / "deep" / "link").symlink_to(
        "../chain" if target == "loop" else f"../{target}".replace("..//", "/")
    )
    upstream.commit("inside.py", "x")
    error = refused(fetch, "main", refresh=True)
    assert error.what.startswith("the repository holds a link that leads out of it: ")
    assert error.do == "replace the link by the file it names, in the repository"
    assert tree(destination) == before
    assert_no_leftovers(project)


def test_links_within_the_repository_are_kept(fetch, upstream, destination):
    (upstream.path / "deep").mkdir()
    (upstream.path / "deep" / "link").symlink_to("../asset_train.py")
    (upstream.path / "dead").symlink_to("nothing.py")
    upstream.commit("x.py", "x")
    fetch()
    assert (destination / "deep" / "link").read_text() == "one"
    assert (destination / "dead").is_symlink()


def test_the_environment_of_another_git_changes_nothing(fetch, upstream, destination, tmp_path, monkeypatch):
    other = Upstream(tmp_path / "other.git")
    before = tree(other.path)
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    upstream_commit = upstream.first
    assert fetch().commit == upstream_commit
    assert fetch(refresh=True).commit == upstream_commit
    assert code(destination) == "one"
    assert tree(other.path) == before
    assert not (tmp_path / "trace").exists()


def test_a_folder_in_a_repository_of_the_users_does_not_lead_to_that_one(fetch, project, destination):
    git("init", "-q", cwd=project.root)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=project.root)
    fetch("main")
    (destination / ".git" / "HEAD").unlink()
    error = refused(fetch, "main")
    assert "git rev-parse failed: " in error.what
    assert error.do == f"move {destination} away to have the code fetched anew"


# -- secrets ---------------------------------------------------------------------------------------------------------

USER, PASSWORD = "kim", "S3cret:pass@word"
ENCODED = "S3cret:pass%40word"
SECRETS = ("S3cret", "pass@word", "pass%40word", base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())


@pytest.fixture
def server(upstream):
    """The upstream by http, for those who know the password; counts what it was asked with and without it."""
    git("update-server-info", cwd=upstream.path)
    seen = {"yes": 0, "no": 0}

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.headers.get("Authorization") == f"Basic {SECRETS[3]}":
                seen["yes"] += 1
                super().do_GET()
            else:
                seen["no"] += 1
                self.send_error(401)

        def log_message(self, *_):
            pass

    def handler(*arguments):
        return Handler(*arguments, directory=str(upstream.path))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.seen = seen
        threading.Thread(target=running.serve_forever, args=(0.01,)).start()
        yield running
        running.shutdown()


@pytest.fixture
def arguments_seen(tmp_path, monkeypatch):
    """What stands in the command lines of all gits that are started."""
    log, spy = tmp_path / "argv.log", tmp_path / "spy" / "git"
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {log}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    return log


def bytes_of(folder):
    return b"\n".join(each.read_bytes() for each in folder.rglob("*") if each.is_file() and not each.is_symlink())


def test_a_password_is_used_and_is_found_nowhere(fetch, server, project, destination, upstream, arguments_seen):
    url = f"http://{USER}:{ENCODED}@127.0.0.1:{server.server_port}/.git"
    for refresh in (False, True):
        found = fetch(url=url, refresh=refresh)
        assert found.commit == upstream.first
    assert server.seen["yes"]
    assert not server.seen["no"]
    assert found.url == f"http://***@127.0.0.1:{server.server_port}/.git"
    written = bytes_of(project.root) + arguments_seen.read_bytes() + repr(found).encode()
    assert b"clone\n" in written
    for secret in SECRETS:
        assert secret.encode() not in written
    marker = json.loads((destination / ".git" / "alo_nb.json").read_text())
    assert marker == {
        "url": url.replace(f"{USER}:{ENCODED}@", ""),
        "ref": None,
        "commit": upstream.first,
        "changed": [],
    }


def test_a_new_password_is_no_other_address(fetch, server, upstream):
    url = f"http://{USER}:{ENCODED}@127.0.0.1:{server.server_port}/.git"
    first = fetch(url=url)
    asked = dict(server.seen)
    assert fetch(url=url.replace("S3cret", "changed")) == first
    assert server.seen == asked


@pytest.mark.parametrize(
    "url",
    [
        f"http://{USER}:{ENCODED}@127.0.0.1:9/step.git",
        "http://" + "S3cret" * 20 + ":@127.0.0.1:9/step.git",
        "http://" + "S3cret" * 20 + "@127.0.0.1:9/step.git",
        "http://kim:" + "S3cret" * 100 + "@127.0.0.1:9/step.git",
        "http://kim:12S3cret'\"@127.0.0.1:9/step.git",
        "http://kim:1/S3cret@127.0.0.1:9/step.git",
        "https://127.0.0.1:9/ghp_S3cretS3cretS3cretS3cret/step.git",
        "https://127.0.0.1:9/step.git?private_token=S3cret",
        "https://127.0.0.1:9/step.git#S3cret",
        "htps://kim:S3cret@127.0.0.1:9/step.git",
        "ssh://kim:S3cret@127.0.0.1:9/step.git",
        "kim:S3cret@127.0.0.1:step.git",
        "file://kim:S3cret@/step.git",
        "ftp://kim:S3cret@127.0.0.1:9/step.git",
    ],
)
def test_a_secret_is_in_no_message(fetch, project, url):
    error = refused(fetch, url=url)
    assert "S3cret" not in "".join([str(error), repr(error), repr(vars(error)), str(error.__context__)])
    assert b"S3cret" not in bytes_of(project.root)


def test_an_answer_of_the_host_is_shown_in_one_line_without_the_secret(fetch, upstream, tmp_path, monkeypatch):
    spy = tmp_path / "spy" / "git"
    spy.parent.mkdir()
    spy.write_text(
        "#!/bin/sh\nprintf 'fatal: \\033[31mno\\n\\n access for S3cret1 at https://a:b@c/\\n' >&2\nexit 128\n"
    )
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    error = refused(fetch, url="https://kim:S3cret1@host/x")
    assert error.what == "git clone failed: fatal: [31mno access for *** at https://***@c/"
    assert error.do.startswith("look with `git ls-remote https://host/x`")


def test_a_login_name_is_no_secret(fetch, destination):
    error = refused(fetch, url="http://kim@127.0.0.1:9/step.git")
    assert error.do.startswith("look with `git ls-remote http://kim@127.0.0.1:9/step.git`")
