"""One cause at a time: exactly that cause is named, and exactly the right steps run."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alo_nb.cache.trace import Trace
from alo_nb.runner import Caching

CELL = """\
import math
LIMIT = 3

def scale(values):
    return [2 * each for each in values]
"""
READ = """\
with open(asset.get_input_path() + 'data/a.csv') as file:
    rows = [int(each) for each in file.read().split()]
new = {'x': rows, 'spare': asset.check_args('spare', default='-')}
"""
CLEAN = """\
import own
x = asset.load_data()['x']
new = {'y': own.shift([math.floor(each) for each in scale(x) if each > LIMIT])}
"""
TRAIN = """\
y = asset.load_data()['y']
with open(asset.get_model_path() + 'model.txt', 'w') as file:
    file.write(f"{y} {asset.check_args('rate', default=1, chng_type='str')}")
"""
TAKE = "new = {'row': 7}\n"
INFERENCE = """\
with open(asset.get_model_path() + 'model.txt') as file:
    new = {'answer': file.read() + str(asset.load_data()['row'])}
with open(asset.get_output_path() + 'output.csv', 'w') as file:
    file.write(new['answer'])
asset.save_summary('OK', 0.5)
"""
STEPS = {"read": READ, "clean": CLEAN, "train": TRAIN, "take": TAKE, "inference": INFERENCE}
AFTER_CLEAN = ["clean", "train", "inference"]
Y = ("input", "input y from clean changed")
MODEL = ("file", "file train_artifacts/models/train/model.txt changed")


class Project:
    """The pipelines of these tests; `write` puts them on the disk as they are now."""

    def __init__(self, bench: Any) -> None:
        self.bench, self.root = bench, bench.root
        self.steps, self.cell, self.args, self.extra = dict(STEPS), CELL, {}, {}
        (self.root / "data").mkdir()
        (self.root / "data" / "a.csv").write_text("1 2 3")
        (self.root / "own.py").write_text("import deeper\n\n\ndef shift(values):\n    return deeper.moved(values, 5)\n")
        (self.root / "deeper.py").write_text("def moved(values, by):\n    return [each + by for each in values]\n")

    def write(self) -> None:
        self.bench.cells = [self.cell]
        train, inference = (
            {name: self.steps[name] for name in names} for names in (("read", "clean", "train"), ("take", "inference"))
        )
        external = {"load_train_data_path": "data/"}
        self.bench.write(train, inference, args=self.args, external=external, extra=self.extra)

    def ran(self, mode: str = "all", **options: object) -> list[str]:
        self.write()
        return self.bench.ran(mode, **options)

    def in_step(self, name: str, old: str, new: str) -> None:
        assert old in self.steps[name]
        self.steps[name] = self.steps[name].replace(old, new)

    def in_file(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def in_cell(self, old: str, new: str) -> None:
        assert old in self.cell
        self.cell = self.cell.replace(old, new)

    def set_arg(self, step: str, name: str, value: object) -> None:
        self.args[step] = {**self.args.get(step, {}), name: value}


@pytest.fixture
def project(bench):
    return Project(bench)


@dataclass(frozen=True)
class Change:
    """What is changed, which steps run then, and why they do: the kind of the cause, and its text."""

    make: Callable[[Project], object]
    ran: tuple[str, ...] | list[str]
    causes: dict[str, tuple[str, str]]


def _pipeline(kind: str, text: str) -> dict[str, tuple[str, str]]:
    return {"clean": (kind, text), "train": Y, "inference": MODEL}


CHANGES = {
    "nothing": Change(lambda p: None, [], {}),
    "comment, docstring, layout": Change(
        lambda p: (
            p.in_step("clean", "import own\n", "import own  # mine\n\n\n"),
            p.in_step("train", "y = ", "# trains\ny    =   "),
            p.in_cell("    return", '    """Double."""\n    # each\n    return'),
            p.in_file("deeper.py", "def moved", "# moves\ndef moved"),
        ),
        [],
        {},
    ),
    "body": Change(
        lambda p: p.in_step("clean", "if each > LIMIT", "if each > LIMIT + 1"),
        AFTER_CLEAN,
        _pipeline("code", "code changed"),
    ),
    "body of the first inference step": Change(
        lambda p: p.in_step("take", "7", "8"),
        ["take", "inference"],
        {
            "take": ("code", "code changed"),
            "inference": ("input", "input row from take changed"),
        },
    ),
    "helper of another cell": Change(
        lambda p: p.in_cell("2 * each", "3 * each"),
        AFTER_CLEAN,
        _pipeline("helper", "helper scale() in steps.ipynb, cell 1 changed"),
    ),
    "constant": Change(
        lambda p: p.in_cell("LIMIT = 3", "LIMIT = 4"), AFTER_CLEAN, _pipeline("constant", "constant LIMIT changed")
    ),
    "import line": Change(
        lambda p: p.in_cell("import math", "import numpy as math"),
        AFTER_CLEAN,
        _pipeline("import", "import numpy as math is new"),
    ),
    "own module": Change(
        lambda p: p.in_file("own.py", "5", "6"), AFTER_CLEAN, _pipeline("module", "module own.py changed")
    ),
    "module of the own module": Change(
        lambda p: p.in_file("deeper.py", "each + by", "each - by"),
        AFTER_CLEAN,
        _pipeline("module", "module deeper.py changed"),
    ),
    "argument in the plan": Change(
        lambda p: p.set_arg("train", "rate", 2),
        ["train", "inference"],
        {"train": ("argument", "argument rate changed: (none) -> 2"), "inference": MODEL},
    ),
    "argument on the magic line": Change(
        lambda p: p.bench.magic.update(train="rate=0.5"),
        ["train", "inference"],
        {"train": ("argument", "argument rate changed: (none) -> 0.5"), "inference": MODEL},
    ),
    "key that is read": Change(
        lambda p: p.in_step("read", "int(each)", "int(each) + 1"),
        ["read", *AFTER_CLEAN],
        {
            "read": ("code", "code changed"),
            "clean": ("input", "input x from read changed"),
            "train": Y,
            "inference": MODEL,
        },
    ),
    "key that is not read": Change(
        lambda p: p.set_arg("read", "spare", "other"),
        ["read"],
        {"read": ("argument", "argument spare changed: (none) -> 'other'")},
    ),
    "key added": Change(
        lambda p: p.in_step("read", "'x': rows,", "'x': rows, 'z': 1,"),
        ["read", "clean", "train"],
        {
            "read": ("code", "code changed"),
            "clean": ("input", "input z from read is new"),
            "train": ("input", "input z from clean is new"),
        },
    ),
    "key removed": Change(
        lambda p: p.in_step("read", ", 'spare': asset.check_args('spare', default='-')", ""),
        ["read", "clean", "train"],
        {
            "read": ("code", "code changed"),
            "clean": ("input", "input spare from read is gone"),
            "train": ("input", "input spare from clean is gone"),
        },
    ),
    "upstream ran and gave equal bytes": Change(
        lambda p: p.in_step("read", "int(each)", "int(each) + 0"),
        ["read"],
        {"read": ("code", "code changed")},
    ),
    "external input file": Change(
        lambda p: p.in_file("data/a.csv", "3", "4"),
        ["read", *AFTER_CLEAN],
        {
            "read": ("file", "file input/train/data/a.csv changed"),
            "clean": ("input", "input x from read changed"),
            "train": Y,
            "inference": MODEL,
        },
    ),
    "external input file added": Change(
        lambda p: (p.root / "data" / "b.csv").write_text("9"),
        ["read"],
        {"read": ("file", "file input/train/data/b.csv is new")},
    ),
    "forced": Change(
        lambda p: setattr(p, "options", {"caching": Caching.of(force="clean")}),
        ["clean"],
        {"clean": ("forced", "forced")},
    ),
    "policy off on the line": Change(
        lambda p: p.bench.magic.update(clean="cache=off"), ["clean"], {"clean": ("policy", "policy cache=off")}
    ),
    "policy recompute in the plan": Change(
        lambda p: p.extra.update(alo_nb=[{"cache": {"clean": "recompute"}}]),
        ["clean"],
        {"clean": ("policy", "policy cache=recompute")},
    ),
    "policy ignore": Change(
        lambda p: (
            p.bench.magic.update(clean="cache=ignore"),
            p.in_step("clean", "if each > LIMIT", "if each > LIMIT + 1"),
        ),
        ["clean"],
        {"clean": ("policy", "policy cache=ignore")},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_one_change_runs_what_depends_on_it_and_names_it(project, name):
    change = CHANGES[name]
    assert project.ran() == ["read", "clean", "train", "take", "inference"]
    assert {each.reason for each in project.bench.last.steps} == {"never run"}
    first = project.bench.last.id
    change.make(project)
    order = ["read", "clean", "train", "take", "inference"]
    expected = sorted(change.ran, key=order.index)
    assert project.ran(**getattr(project, "options", {})) == expected
    assert {step: project.bench.causes(step)[0] for step in expected} == change.causes
    for record in project.bench.last.steps:
        if record.step not in expected:
            assert (record.cached_from, record.reason) == (first, f"nothing changed since run {first}")
    if not {"forced", "policy"} & {kind for kind, _ in change.causes.values()}:
        assert project.ran() == []


def test_each_way_of_writing_an_argument_is_another_one(project):
    project.ran()
    for value, shown in ((1, "1"), (1.0, "1.0"), (True, "True"), ("1", "'1'")):
        ran = project.ran(overrides={"train.rate": value})
        assert ran[0] == "train", value
        assert project.bench.causes("train")[0][1].endswith(f"-> {shown}")
    assert project.ran(overrides={"train.rate": 1.0}) == []  # going back finds what was kept


def test_a_notebook_variable_that_changed(bench):
    bench.magic["first"] = "use=factor"
    bench.write({"first": "new = {'x': factor * 2}"})
    assert bench.ran(variables={"factor": 2}) == ["first"]
    assert bench.ran(variables={"factor": 2}) == []
    assert bench.ran(variables={"factor": 3}) == ["first"]
    assert bench.causes("first") == [("variable", "notebook variable factor changed")]


def test_a_key_that_is_not_read_is_handed_on_as_it_is_now(project):
    project.ran()
    project.set_arg("read", "spare", "other")
    assert project.ran() == ["read"]
    digests = project.bench.digests()
    spare = {step: digests[f"train_pipeline/{step}/spare"] for step in ("read", "clean", "train")}
    assert len(set(spare.values())) == 1
    project.bench.root.joinpath(".alo/cache").rename(project.bench.root / "kept")
    project.ran()
    assert project.bench.digests() == digests


# Files --------------------------------------------------------------------------------------------------------------


def _rewrite(path: Path, text: str) -> None:
    """Write a text of equal length, so that neither size nor time of change tell."""
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


C_FILE = """\
import ctypes
libc = ctypes.CDLL(None)
handle, content = libc.open(PLACE.encode(), 0), ctypes.create_string_buffer(3)
libc.read(handle, content, 3)
libc.close(handle)
new = {'x': content.raw.decode()}
"""
READERS = {
    "relative": "with open('side.txt') as file:\n    new = {'x': file.read()}",
    "absolute": "from pathlib import Path\nnew = {'x': Path('{root}/side.txt').read_text()}",
    "low level": "import os\nhandle = os.open('side.txt', 0)\nnew = {'x': os.read(handle, 3)}\nos.close(handle)",
    "mapped": "import numpy as np\nnew = {'x': bytes(np.memmap('side.txt', np.uint8, 'r'))}",
    "by a C library": C_FILE.replace("PLACE", "'side.txt'"),
    "by a C library, named by an argument": C_FILE.replace("PLACE", "asset.load_args()['place']"),
    "by a C library, in a folder that is named": C_FILE.replace("PLACE", "('deep' + '/side.txt')"),
    "by a C library, found by a pattern": "import glob\n" + C_FILE.replace("PLACE", "glob.glob('side.t*')[0]"),
    "as a module's neighbour": "import beside\nnew = {'x': beside.CONTENT}",
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_changed_with_equal_size_and_time(bench, reader):
    folder = bench.root / "deep" if "folder" in reader else bench.root
    folder.mkdir(exist_ok=True)
    side = folder / "side.txt"
    side.write_text("one")
    (bench.root / "beside.py").write_text("with open('side.txt') as file:\n    CONTENT = file.read()\n")
    bench.write({"first": READERS[reader].replace("{root}", str(bench.root))}, args={"first": {"place": "side.txt"}})
    assert bench.ran() == ["first"]
    first = bench.digests()
    assert bench.ran() == []
    _rewrite(side, "two")
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("file", f"file {side.relative_to(bench.root)} changed")]
    assert bench.digests() != first
    assert bench.ran() == []
    side.unlink()
    if reader.startswith("by a C library"):
        return  # it reads on from what is not there
    with pytest.raises(FileNotFoundError):
        bench.ran()


def test_a_file_in_the_project_that_only_its_time_says_changed_is_read_and_found_equal(bench):
    side = bench.root / "side.txt"
    side.write_text("one")
    bench.write({"first": READERS["relative"]})
    bench.ran()
    side.write_text("one")
    assert bench.ran() == []


C_READER = """\
import ctypes
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
content = ctypes.create_string_buffer(9)
handle = ctypes.c_void_p(libc.fopen({}.encode(), b'r'))
libc.fread(content, 1, 9, handle)
libc.fclose(handle)
new = {{'x': content.value}}
"""


@pytest.mark.parametrize(
    "path", ["load_data()['files'][0]", "load_data()['more']['first']", "load_config()['some'][0]"]
)
def test_a_file_that_a_list_names_and_a_c_library_reads(bench, tmp_path_factory, path):
    """Python does not tell of such a file, and its name stands nowhere in the code."""
    file = tmp_path_factory.mktemp("images") / "a.png"
    file.write_text("one")
    names = f"new = {{'files': [{str(file)!r}], 'more': {{'first': {str(file)!r}}}}}"
    first = f"asset.load_config = lambda load=asset.load_config: {{**load(), 'some': [{str(file)!r}]}}\n{names}"
    bench.write({"first": first, "second": C_READER.format(f"asset.{path}")})
    assert (bench.ran(), bench.ran()) == (["first", "second"], [])
    time.sleep(0.1)
    file.write_text("two")
    assert "second" in bench.ran()


def test_a_database_that_changed(bench):
    import sqlite3

    def put(value: int) -> None:
        connection = sqlite3.connect("own.db")
        connection.executescript(f"drop table if exists t; create table t (x); insert into t values ({value})")
        connection.close()

    put(1)
    read = """\
import sqlite3
connection = sqlite3.connect('own' + '.db')
new = {'x': connection.execute('select x from t').fetchall()}
connection.close()
"""
    bench.write({"first": read})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    put(2)
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("file", "file own.db changed")]


READ_ROWS = """\
import sqlite3
connection = sqlite3.connect({})
new = {{'x': connection.execute('select x from t').fetchall()}}
connection.close()
"""


@pytest.mark.parametrize("is_address", [True, False])
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_that_another_connection_changed(bench, is_address, mode):
    """With a log (WAL), what is new is not in the file of the database while the connection is open."""
    import sqlite3

    name = f"'file:{bench.root}/own%2Edb?mode=ro', uri=True" if is_address else "'own' + '.db'"
    connection = sqlite3.connect("own.db")
    try:
        connection.execute(f"pragma journal_mode = {mode}")
        connection.executescript("create table t (x); insert into t values (1)")
        time.sleep(0.1)
        bench.write({"first": READ_ROWS.format(name)})
        assert (bench.ran(), bench.ran()) == (["first"], [])
        connection.executescript("insert into t values (2)")
        assert bench.ran() == ["first"]
    finally:
        connection.close()


def test_a_database_that_is_only_opened_late_has_not_changed(bench):
    """SQLite, as root, gives the log its owner anew whenever it opens it."""
    import sqlite3

    connection = sqlite3.connect("own.db")
    try:
        connection.execute("pragma journal_mode = wal")
        connection.executescript("create table t (x); insert into t values (1)")
        time.sleep(0.1)
        bench.write({"first": f"import time\ntime.sleep(0.3)\n{READ_ROWS.format(repr('own.db'))}"})
        assert (bench.ran(), bench.ran()) == (["first"], [])
    finally:
        connection.close()


def test_a_database_that_the_step_changes_is_changed_each_time(bench):
    import sqlite3

    connection = sqlite3.connect("own.db")
    connection.executescript("create table t (x)")
    time.sleep(0.1)
    insert = "connection.executescript('insert into t values (1)')\nconnection.close()"
    bench.write({"first": f"import sqlite3\nconnection = sqlite3.connect('own.db')\n{insert}"})
    for _ in range(3):
        assert bench.ran() == ["first"]
    assert connection.execute("select count(*) from t").fetchone() == (3,)
    connection.close()
    assert bench.causes("first") == [("unknown", "not cached: it changes a database (own.db)")]


@pytest.mark.parametrize(
    "look", ["os.path.exists('flag')", "Path('flag').exists()", "os.path.exists(asset.load_args()['flag'])"]
)
def test_a_file_that_was_looked_for_and_is_there_now(bench, look):
    bench.write(
        {"first": f"import os\nfrom pathlib import Path\nnew = {{'x': {look}}}"}, args={"first": {"flag": "flag"}}
    )
    assert (bench.ran(), bench.ran()) == (["first"], [])
    (bench.root / "flag").touch()
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("file", "file flag is new")]


def test_a_file_that_was_tried_to_open_and_is_there_now(bench):
    text = """\
try:
    with open('maybe' + '.txt') as file:
        new = {'x': file.read()}
except FileNotFoundError:
    new = {'x': ''}
"""
    bench.write({"first": text})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    (bench.root / "maybe.txt").write_text("now")
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("file", "file maybe.txt is new")]


@pytest.mark.parametrize("change", ["deleted", "changed"])
def test_a_file_that_it_wrote_elsewhere_is_made_again(bench, change):
    bench.write({"first": "with open('made.txt', 'w') as file:\n    file.write('made')\nnew = {'x': 1}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    path = bench.root / "made.txt"
    path.unlink() if change == "deleted" else path.write_text("MADE")
    assert bench.ran() == ["first"]
    what = "is gone" if change == "deleted" else "changed"
    assert bench.causes("first") == [("file", f"file made.txt, which it wrote, {what}")]
    assert path.read_text() == "made"


def test_a_folder_that_has_another_file(bench):
    (bench.root / "many").mkdir()
    bench.write({"first": "import os\nnew = {'x': sorted(os.listdir('man' + 'y'))}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    (bench.root / "many" / "b.txt").touch()
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("file", "the files in many are others")]


# Environment --------------------------------------------------------------------------------------------------------


def _install(folder: Path, version: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("tinypackage-*.dist-info"):
        for each in old.iterdir():
            each.unlink()
        old.rmdir()
    about = folder / f"tinypackage-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: tinypackage\nVersion: {version}\n")
    (about / "RECORD").write_text("tinypackage.py,,\n")
    (folder / "tinypackage.py").write_text(f"VERSION = {version!r}\n")


def test_a_package_of_another_version(bench, monkeypatch):
    site = bench.root / "lib" / "site-packages"
    site.mkdir(parents=True)
    monkeypatch.syspath_prepend(site)
    bench.write({"before": "new = {'x': 1}"})
    bench.ran()  # a kernel that lives already when the package is installed
    _install(site, "1.0")
    bench.write({"first": "import tinypackage\nnew = {'x': tinypackage.VERSION}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    _install(site, "2.0")
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("environment", "environment changed: tinypackage 1.0 -> 2.0")]


def test_a_package_that_is_hidden_by_another_one_further_up_the_path(bench, monkeypatch):
    site, user = bench.root / "lib" / "site-packages", bench.root / "user" / "site-packages"
    user.mkdir(parents=True)
    _install(site, "1.0")
    monkeypatch.syspath_prepend(site)
    monkeypatch.syspath_prepend(user)
    bench.write({"first": "import tinypackage\nnew = {'x': tinypackage.VERSION}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    _install(user, "2.0")
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("environment", "environment changed: tinypackage 1.0 -> 2.0")]


def _edit_trace(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_another_python(bench):
    bench.write({"first": "new = {'x': 1}"})
    bench.ran()
    _edit_trace(bench.traces("first")[0], python="3.1")
    assert bench.ran() == ["first"]
    (cause,) = bench.causes("first")
    assert re.fullmatch(r"environment changed: Python 3\.1 -> 3\.\d+", cause[1])


# Damage -------------------------------------------------------------------------------------------------------------


def _each_value(bench: Any, change: Callable[[Path], None]) -> None:
    for path in bench.values():
        path.chmod(0o644)
        change(path)


DAMAGE = {
    "a value that is damaged": (
        lambda bench: _each_value(bench, lambda path: path.write_bytes(b"?" + path.read_bytes()[1:])),
        "what is kept of its last run is damaged",
    ),
    "a value that was cut short": (
        lambda bench: _each_value(bench, lambda path: path.write_bytes(path.read_bytes()[:9])),
        "what is kept of its last run is damaged",
    ),
    "a value that was deleted": (
        lambda bench: _each_value(bench, Path.unlink),
        "what is kept of its last run was deleted",
    ),
    "a trace that is damaged": (
        lambda bench: bench.traces("first")[0].write_text("{'"),
        "what is kept of its last run cannot be used: it is damaged",
    ),
    "a trace that is no mapping": (
        lambda bench: bench.traces("first")[0].write_text("[1]"),
        "what is kept of its last run cannot be used: it is damaged",
    ),
    "a trace with a part of another type": (
        lambda bench: _edit_trace(bench.traces("first")[0], data={"x": 1}, args=3),
        "what is kept of its last run cannot be used: it is damaged",
    ),
    "a trace whose part has parts of another type": (
        lambda bench: _edit_trace(bench.traces("first")[0], files={"a.csv": 5}, parts={"body": [1, 2, 3]}),
        "what is kept of its last run cannot be used: it is damaged",
    ),
    "a trace of another version": (
        lambda bench: _edit_trace(bench.traces("first")[0], format=999),
        "what is kept of its last run cannot be used: it was written by another version of alo_nb",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_cannot_be_used_runs_again_with_one_warning(bench, what):
    damage, said = DAMAGE[what]
    bench.write({"first": "new = {'x': [1, 2]}", "second": "new = {'y': 2}"})
    bench.ran()
    first = bench.digests()
    damage(bench)
    expected = ["first"] if "trace" in what else ["first", "second"]
    assert bench.ran() == expected
    assert bench.causes("first") == [("damaged", said)]
    assert bench.warnings == [f"step {name!r} runs again: {said}" for name in expected]
    assert bench.digests() == first
    assert (bench.ran(), bench.warnings) == ([], [])


@pytest.mark.parametrize("part", ["made", "asked", "folders_made", "digest"])
@pytest.mark.parametrize("is_absolute", [True, False])
def test_a_trace_from_somebody_else_leads_to_no_file_outside_of_the_run(bench, tmp_path_factory, part, is_absolute):
    away = tmp_path_factory.mktemp("away")
    (away / "mine.txt").write_text("mine")
    bench.write({"first": "from pathlib import Path\nPath(asset.get_model_path(), 'm.txt').write_text('model')"})
    bench.ran()
    (path,) = bench.traces("first")
    place = str(away) if is_absolute else os.path.relpath(away, bench.root / ".alo/work/1")
    made = json.loads(path.read_text())["made"]
    hostile = {
        "made": {"made": [{**each, "path": f"{place}/new/m.txt"} for each in made]},
        "asked": {"asked": [[place, True]]},
        "folders_made": {"folders_made": [f"{place}/new"]},
        "digest": {"made": [{**each, "digest": f"b3:{place}/mine.txt"} for each in made]},
    }
    _edit_trace(path, **hostile[part])
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("damaged", "what is kept of its last run cannot be used: it is damaged")]
    assert [(each.name, each.read_text()) for each in away.iterdir()] == [("mine.txt", "mine")]
    assert bench.text("train_artifacts/models/first/m.txt") == "model"


def test_what_was_just_executed_is_kept_also_when_the_clock_was_set_back(bench):
    bench.write({"first": "new = {'x': 1}"})
    bench.ran()
    (path,) = bench.traces("first")
    for number in range(12):
        shutil.copy(path, path.with_name(f"29990101T0000{number:02}Z-abcdef.json"))
        _edit_trace(path.with_name(f"29990101T0000{number:02}Z-abcdef.json"), python="3.1")
    path.unlink()
    assert (bench.ran(), bench.ran()) == (["first"], [])
    assert len(bench.traces("first")) == 10


def test_a_trace_has_the_format_that_is_written(bench):
    bench.write({"first": "new = {'x': 1}"})
    bench.ran()
    (path,) = bench.traces("first")
    assert isinstance(Trace.from_dict(json.loads(path.read_text())), Trace)
