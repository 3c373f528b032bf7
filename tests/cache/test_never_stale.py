"""What must never be served from the cache although something has changed, and what is never cached."""

from __future__ import annotations

import importlib
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from alo_nb.cache.imports import module_digest
from alo_nb.cache.watch import is_equipment, watching
from alo_nb.runner import CACHING, NO_CACHING, Caching
from alo_nb.runner.workspace import Workspace

USE = "import own\nnew = {'x': own.value()}"


def _write_module(root: Path, text: str, name: str = "own.py") -> None:
    """Write a module of equal length within the same second: by size and second its compiled code looks up to date."""
    path = root / name
    path.write_text(text)
    second = int(time.time())
    os.utime(path, ns=(second * 10**9, second * 10**9))


def test_a_model_that_was_fitted_anew_on_another_target(bench):
    fit = """\
import pickle
from sklearn.linear_model import LinearRegression
target = asset.check_args('target', chng_type='list')
with open(asset.get_model_path() + 'model.pkl', 'wb') as file:
    pickle.dump(LinearRegression().fit([[0.0], [1.0]], [float(each) for each in target]), file)
"""
    use = """\
import pickle
with open(asset.get_model_path() + 'model.pkl', 'rb') as file:
    new = {'guess': pickle.load(file).predict([[2.0]]).tolist()}
with open(asset.get_output_path() + 'output.csv', 'w') as file:
    file.write(str(new['guess']))
asset.save_summary('OK', 0.5)
"""
    guesses = []
    for target in ([0, 1], [0, 2]):
        bench.write({"train": fit}, {"inference": use}, args={"train": {"target": target}})
        assert bench.ran("all") == ["train", "inference"]
        guesses.append(bench.text("inference_artifacts/output/output.csv"))
    assert guesses[0] != guesses[1]
    assert bench.ran("all") == []


@pytest.mark.parametrize("mode", ["memory", "file"])
def test_a_value_that_is_changed_in_place(bench, mode):
    """Also a change that leaves the object, its type, its length and its shape as they were."""
    first = "import numpy as np\nnew = {'rows': np.zeros(4)}\nnew['rows'][asset.check_args('at', chng_type='int')] = 1"
    second = "rows = asset.load_data()['rows']\nrows *= 2\nnew = {'sum': (rows * range(4)).tolist()}"
    for at in (1, 2):
        bench.write(
            {"first": first, "second": second, "third": "new = {'same': asset.load_data()['sum']}"},
            args={"first": {"at": at}},
        )
        assert bench.ran(interface_mode=mode) == ["first", "second", "third"]
        sums = {each.name: each.digest for each in bench.last.step("second", "train").data}
        bench.ran(interface_mode=mode)
        assert {each.name: each.digest for each in bench.last.step("second", "train").data} == sums
    assert bench.ran(interface_mode=mode) == []


def test_a_module_that_is_edited_in_a_live_kernel_within_a_second_and_with_equal_size(bench):
    bench.write({"first": USE})
    found = set()
    for number in range(4):
        _write_module(bench.root, f"def value():\n    return {number}\n")
        assert bench.ran() == ["first"]
        found |= {*bench.digests().values()}
    assert len(found) == 4
    assert bench.ran() == []


def test_a_module_of_a_package_that_is_edited(bench):
    (bench.root / "pack").mkdir()
    _write_module(bench.root, "from pack.inner import value\n", "pack/__init__.py")
    bench.write({"first": "from pack import value\nnew = {'x': value()}"})
    for number in range(3):
        _write_module(bench.root, f"def value():\n    return {number}\n", "pack/inner.py")
        assert bench.ran() == ["first"]
    assert bench.ran() == []


def test_a_module_that_an_ordinary_cell_has_imported_before_it_was_edited(bench):
    _write_module(bench.root, "def value():\n    return 1\n")
    import own  # as a cell does

    assert own.value() == 1
    _write_module(bench.root, "def value():\n    return 2\n")
    bench.write({"first": f"{USE}\nprint(own.value())"})
    assert bench.ran() == ["first"]
    assert bench.ran() == []
    assert '"text": "2\\n"' in bench.traces("first")[0].read_text()


def test_a_run_without_the_cache_imports_an_edited_module_anew(bench):
    bench.write({"first": USE})
    digests = []
    for number in (1, 2):
        _write_module(bench.root, f"def value():\n    return {number}\n")
        assert bench.ran(caching=NO_CACHING) == ["first"]
        digests.append(bench.digests())
    assert digests[0] != digests[1]


@pytest.mark.parametrize("caching", [CACHING, NO_CACHING])
def test_what_the_notebook_has_imported_stays_its_own(bench, caching):
    """Else its objects can no longer be pickled, and neither `reload` nor autoreload would know the module."""
    _write_module(bench.root, "class Thing:\n    pass\n\n\ndef value():\n    return 1\n")
    _write_module(bench.root, "", "late.py")
    import own  # as a cell does

    thing = own.Thing()
    bench.write({"first": f"{USE}\nimport late", "second": "x = 1"})
    assert bench.ran(caching=caching) == ["first", "second"]
    assert sys.modules["own"] is own
    assert type(pickle.loads(pickle.dumps(thing))) is own.Thing
    assert "late" not in sys.modules  # a cell that imports it later reads the file of then
    _write_module(bench.root, "def value():\n    return 2\n")
    assert importlib.reload(own).value() == 2


def test_a_file_that_a_module_reads_when_it_is_imported(bench):
    """Also in the second of two steps that import it, and in a kernel that goes on."""
    (bench.root / "labels.txt").write_text("one")
    (bench.root / "own.py").write_text(
        "with open('labels' + '.txt') as file:\n    LABEL = file.read()\n\n\ndef value():\n    return LABEL\n"
    )
    bench.write({"first": "import own\nown.value()", "second": USE})
    assert (bench.ran(), bench.ran()) == (["first", "second"], [])
    first = bench.digests()
    (bench.root / "labels.txt").write_text("two")
    assert bench.ran() == ["first", "second"]
    assert bench.digests() != first
    assert bench.ran() == []


@pytest.mark.parametrize("place", ["module", "cell"])
def test_a_file_that_a_helper_remembers(bench, place):
    """A cache of the user's own, as `functools.cache` keeps it, hides no read from the step that comes second."""
    helper = """\
from functools import cache

@cache
def value():
    with open('labels' + '.txt') as file:
        return file.read()
"""
    (bench.root / "labels.txt").write_text("one")
    (bench.root / "own.py").write_text(helper)
    call = "import own\nx = own.value()" if place == "module" else "x = value()"
    bench.cells = [helper]
    bench.write({"first": call, "second": f"{call}\nnew = {{'x': x}}"})
    assert (bench.ran(), bench.ran()) == (["first", "second"], [])
    first = bench.digests()
    (bench.root / "labels.txt").write_text("two")
    assert bench.ran() == ["first", "second"]
    assert bench.digests() != first


@pytest.mark.parametrize("is_imported", [False, True], ids=["new", "imported by a cell before"])
def test_the_class_of_an_object_that_was_handed_over(bench, is_imported):
    """The step that uses the object imports nothing, and the object's own bytes are the same after the edit."""
    module = "class Model:\n    def predict(self):\n        return {}\n"
    _write_module(bench.root, module.format(1))
    if is_imported:
        import own

        assert own.Model().predict() == 1
    bench.write(
        {
            "first": "import own\nnew = {'model': own.Model()}",
            "second": "new = {'guess': asset.load_data()['model'].predict()}",
        }
    )
    assert bench.ran() == ["first", "second"]
    bench.ran()
    guesses = [bench.digests()["train_pipeline/second/guess"]]
    assert bench.ran() == []
    _write_module(bench.root, module.format(2))
    assert bench.ran() == ["first", "second"]
    guesses.append(bench.digests()["train_pipeline/second/guess"])
    assert len(set(guesses)) == 2
    assert bench.ran() == []


def test_the_class_of_an_object_in_a_model_file(bench):
    module = "class Model:\n    def predict(self):\n        return {}\n"
    train = """\
import own, pickle
with open(asset.get_model_path() + 'm.pkl', 'wb') as file:
    pickle.dump(own.Model(), file)
"""
    use = """\
import pickle
with open(asset.get_model_path() + 'm.pkl', 'rb') as file:
    new = {'guess': pickle.load(file).predict()}
with open(asset.get_output_path() + 'output.csv', 'w') as file:
    file.write(str(new['guess']))
asset.save_summary('OK', 0.5)
"""
    bench.write({"train": train}, {"inference": use})
    for number in (1, 2):
        _write_module(bench.root, module.format(number))
        assert bench.ran("all") == ["train", "inference"]
        assert bench.text("inference_artifacts/output/output.csv") == str(number)
    assert bench.ran("all") == []


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nown = importlib.import_module('o' + 'wn')\nnew = {'x': own.value()}",
        "own = __import__('o' + 'wn')\nnew = {'x': own.value()}",
    ],
)
def test_a_module_whose_name_is_made_when_the_step_runs_is_never_cached(bench, text):
    _write_module(bench.root, "def value():\n    return 1\n")
    bench.write({"first": text})
    for _ in range(3):
        assert bench.ran() == ["first"]
    assert bench.causes("first") == [("unknown", "not cached: it imports a module whose name is made when it runs")]


def test_a_module_that_is_compiled(bench):
    """Nobody can read its code, so all of its bytes count."""
    shared = bench.root / "compiled.so"
    shared.write_bytes(b"\x7fELF one \0")
    first = module_digest(str(shared))
    shared.write_bytes(b"\x7fELF two \0")
    assert module_digest(str(shared)) not in {"", first}


# Beyond ------------------------------------------------------------------------------------------------------------


CONNECT = """\
import socket
with socket.socket() as other:
    other.settimeout(0.01)
    try:
        other.connect(('{}', 9))
    except OSError:
        pass
new = {{'x': 1}}
"""


def test_a_step_that_reads_from_the_network_is_never_cached(bench):
    bench.write({"first": CONNECT.format("192.0.2.1")})  # an address that belongs to nobody (RFC 5737)
    for _ in range(3):
        assert bench.ran() == ["first"]
    assert bench.causes("first") == [("unknown", "not cached: it reads from the network")]


def test_a_server_on_this_machine_may_be_a_database_or_a_tunnel(bench):
    with socket.create_server(("127.0.0.1", 0)):
        bench.write({"first": CONNECT.format("127.0.0.1")})
        assert (bench.ran(), bench.ran()) == (["first"], ["first"])


@pytest.mark.parametrize(
    "read", ["os.environ['WHERE']", "os.environ.get('WHERE')", "os.getenv('WHERE', '')", "str('WHERE' in os.environ)"]
)
def test_an_environment_variable_that_the_code_names_counts(bench, monkeypatch, read):
    monkeypatch.setenv("WHERE", "here")
    bench.write({"first": f"import os\nnew = {{'x': {read}}}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    if "in os" in read:
        monkeypatch.delenv("WHERE")
    else:
        monkeypatch.setenv("WHERE", "there")
    assert (bench.ran(), bench.ran()) == (["first"], [])


def test_a_step_that_sets_an_environment_variable_runs_every_time(bench, monkeypatch):
    monkeypatch.setenv("FOR_LATER", "")
    second = "import os\nnew = {'y': os.environ['FOR_LATER']}"
    bench.write({"first": "import os\nos.environ['FOR_LATER'] = 'set'\nnew = {'x': 1}", "second": second})
    assert bench.ran() == ["first", "second"]
    assert bench.ran()[:1] == ["first"]


def test_a_connection_that_a_module_keeps_open_is_not_forgotten(bench):
    """The second execution would not connect anew, if the module lived on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (bench.root / "own.py").write_text(
            "import socket\n_open = []\n\n\ndef value():\n    if not _open:\n"
            f"        _open.append(socket.create_connection(('127.0.0.1', {port})))\n    return 1\n\n\n"
            "def close():\n    _open[0].close()\n"
        )
        bench.write({"first": f"{USE}\nown.close()"})
        for _ in range(3):
            assert bench.ran() == ["first"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("subprocess.run(['true'], check=True)", "it starts another program (true)"),
        ("subprocess.run([sys.executable, 'script.py'], check=True)", "it starts another program (python"),
        ("os.system('true')", "it starts another program (true)"),
    ],
)
def test_a_step_that_starts_another_program_is_never_cached(bench, call, said):
    (bench.root / "script.py").write_text("")
    bench.write({"first": f"import os, subprocess, sys\n{call}\nnew = {{'x': 1}}"})
    for _ in range(3):
        assert bench.ran() == ["first"]
    assert bench.causes("first")[0][1].startswith(f"not cached: {said}")


@pytest.fixture
def workers():
    """Let no worker of a test, whose project it has, serve another test."""
    yield
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.usefixtures("workers")
def test_processes_that_work_for_the_step_do_not_keep_it_from_being_cached(bench):
    work = (
        "from joblib import Parallel, delayed\nnew = {'x': Parallel(n_jobs=2)(delayed(abs)(each) for each in (-1, -2))}"
    )
    bench.write({"first": work})
    assert (bench.ran(), bench.ran()) == (["first"], [])


@pytest.mark.parametrize(
    "place", ["/dev/shm/data.csv", "/run/media/me/disk/data.csv", f"{sys.prefix}/project/data.csv"]
)
def test_no_place_where_people_keep_files_is_taken_for_equipment(place):
    assert not is_equipment(place)
    assert is_equipment(os.__file__)
    assert is_equipment(pytest.__file__)


def test_keys_that_come_in_another_order(bench):
    """A loop over the data meets them in this order."""
    second = "data = asset.load_data()\nnew = {'found': data[next(iter(data))]}"
    for order in ("ab", "ba"):
        bench.write({"first": f"new = {{each: each for each in {order!r}}}", "second": second})
        assert bench.ran() == ["first", "second"]
    assert bench.causes("second") == [("input", "the keys of data from first come in another order")]
    assert bench.ran() == []


@pytest.mark.parametrize(
    ("call", "is_folder"),
    [
        ("os.remove(place)", False),
        ("Path(place).unlink()", False),
        ("os.rename(place, place + '2')", False),
        ("os.rmdir(place)", True),
        ("shutil.rmtree(place)", True),
    ],
)
def test_what_a_step_takes_away_from_elsewhere_goes_each_time(bench, monkeypatch, call, is_folder):
    place = bench.root / "elsewhere" / "there"
    place.parent.mkdir()
    monkeypatch.setenv("PLACE", str(place))
    head = "import os, shutil\nfrom pathlib import Path\nplace = os.environ['PLACE']"
    bench.write({"first": f"{head}\n{call}\nnew = {{'x': 1}}"})
    for _ in range(2):
        place.mkdir() if is_folder else place.write_text("x")
        time.sleep(0.05)
        assert bench.ran() == ["first"]
        assert not place.exists()
    assert bench.causes("first") == [("unknown", "not cached: it deletes or moves what it has not made (there)")]


def test_a_file_of_its_own_elsewhere_that_a_step_replaces_is_no_loss(bench):
    write = """\
import os
if os.path.exists('own.txt'):
    os.remove('own.txt')
with open('own.txt', 'w') as file:
    file.write('x')
"""
    bench.write({"first": write})
    bench.ran()
    time.sleep(0.05)
    assert bench.ran(caching=Caching.of(force=True)) == ["first"]
    assert bench.ran() == []


# Files of the run and of others ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("workers")
def test_files_that_other_processes_read_for_the_step(bench):
    (bench.root / "many").mkdir()
    side = bench.root / "many" / "a.txt"
    side.write_text("one")
    work = """\
import os
from pathlib import Path
from joblib import Parallel, delayed
folder = 'ma' + 'ny'
names = sorted(os.listdir(folder))
new = {'x': Parallel(n_jobs=2)(delayed(Path.read_text)(Path(folder, each).absolute()) for each in names)}
"""
    bench.write({"first": work})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    side.write_text("two")
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("file", "file many/a.txt changed")]


@pytest.mark.parametrize("listed", ["os.listdir('.')", "glob.glob('*.csv')", "list(Path().iterdir())"])
def test_a_notebook_that_is_saved_is_no_input_of_a_step_that_looks_around_it(bench, listed):
    (bench.root / "a.csv").write_text("1")
    bench.write({"first": f"import glob, os\nfrom pathlib import Path\nnew = {{'x': len({listed})}}"})
    assert bench.ran() == ["first"]
    (bench.root / "other.ipynb").write_text("{}")
    bench.ran()
    (bench.root / "other.ipynb").write_text("{ }")
    assert bench.ran() == []


def test_a_step_that_adds_to_its_own_file_elsewhere_is_not_cached_once_there_is_one(bench):
    bench.write({"first": "with open('own.log', 'a') as file:\n    file.write('+')\nnew = {'x': 1}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    (bench.root / "own.log").write_text("-")
    assert bench.ran() == ["first"]
    assert bench.ran() == ["first"]
    assert bench.causes("first") == [("unknown", "not cached: it changes a file that it has not made (own.log)")]


def test_a_file_that_is_put_in_place_by_renaming_is_made_again(bench):
    text = """\
import os
with open('made.new', 'w') as file:
    file.write('made')
os.replace('made.new', 'made.' + 'txt')
"""
    bench.write({"first": text})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    (bench.root / "made.txt").unlink()
    assert bench.ran() == ["first"]
    assert bench.text("made.txt") == "made"


@pytest.mark.parametrize("kind", ["output", "extra_output", "report", "input"])
@pytest.mark.parametrize("reader", ["python", "C library"])
def test_what_an_earlier_step_has_left_in_a_folder_of_the_run(bench, kind, reader):
    path = f"asset.get_{kind}_path()"
    where = (
        path
        if kind != "extra_output"
        else "asset.load_config()['meta']['artifacts']['train_artifacts'] + 'extra_output/first/'"
    )
    read = {
        "python": f"with open({where} + 'left.txt') as file:\n    new = {{'x': file.read()}}",
        "C library": "import ctypes\n"
        f"libc = ctypes.CDLL(None)\nhandle = libc.open(({where} + 'left.txt').encode(), 0)\n"
        "content = ctypes.create_string_buffer(3)\nassert libc.read(handle, content, 3) == 3\nlibc.close(handle)\n"
        "new = {'x': content.raw.decode()}",
    }[reader]
    for content in ("one", "two"):
        write = f"with open({path} + 'left.txt', 'w') as file:\n    file.write({content!r})"
        bench.write({"first": write, "second": read})
        assert bench.ran() == ["first", "second"]
    assert bench.ran() == []


def test_two_steps_that_share_a_folder(bench):
    """The second changes what the first has left there; each is taken over alone."""
    one = "with open(asset.get_output_path() + 'all.txt', 'w') as file:\n    file.write(asset.check_args('word'))"
    two = """\
path = asset.get_output_path() + 'all.txt'
with open(path) as file:
    before = file.read()
with open(path, 'w') as file:
    file.write(before.upper() + asset.check_args('end', default='!'))
"""

    def write(word: str, end: str) -> None:
        bench.write({"one": one, "two": two}, args={"one": {"word": word}, "two": {"end": end}})

    write("a", "!")
    assert bench.ran() == ["one", "two"]
    assert bench.text("train_artifacts/output/all.txt") == "A!"
    write("b", "!")
    assert bench.ran() == ["one", "two"]
    assert bench.text("train_artifacts/output/all.txt") == "B!"
    write("b", "?")
    assert "two" in bench.ran()
    assert bench.text("train_artifacts/output/all.txt") == "B?"
    write("b", "?")
    bench.ran()
    assert bench.text("train_artifacts/output/all.txt") == "B?"


def test_a_file_that_is_overwritten_with_equal_size_and_time_is_kept_as_it_is_at_the_end(bench):
    one = "with open(asset.get_output_path() + 'x.txt', 'w') as file:\n    file.write('one')"
    two = """\
import os
path = asset.get_output_path() + 'x.txt'
before = os.stat(path)
with open(path, 'w') as file:
    file.write('two')
os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
"""
    bench.write({"one": one, "two": two})
    assert (bench.ran(), bench.text("train_artifacts/output/x.txt")) == (["one", "two"], "two")
    assert (bench.ran(), bench.text("train_artifacts/output/x.txt")) == ([], "two")


def test_a_file_that_changed_right_after_it_was_read_is_read_again(bench):
    """Within one tick of the file system's clock its marks are the same."""
    (bench.root / "side.txt").write_text("one")
    write = "import os\nwith open('side.txt', 'w') as file:\n    file.write('two')"
    bench.write({"first": "with open('side.txt') as file:\n    new = {'x': file.read()}", "second": write})
    assert bench.ran() == ["first", "second"]
    first = bench.digests()["train_pipeline/first/x"]
    assert "first" in bench.ran()
    assert bench.digests()["train_pipeline/first/x"] != first


def test_a_path_object_that_was_saved_belongs_to_the_run_that_saved_it(bench):
    """It is pickled in parts before Python 3.13, so that its text stands nowhere."""
    bench.write({"first": "from pathlib import Path\nnew = {'model': Path(asset.get_model_path())}"})
    assert (bench.ran(), bench.ran()) == (["first"], [])
    other = Workspace.acquire(bench.project)
    try:
        assert bench.ran() == ["first"]
    finally:
        other.release()


def test_a_path_that_was_saved_belongs_to_the_run_that_saved_it(bench):
    """A run that goes on at the same time has another folder, so it makes its own file and path."""
    write = """\
path = asset.get_extra_output_path() + 'x.txt'
with open(path, 'w') as file:
    file.write('made')
new = {'path': path}
"""
    read = "with open(asset.load_data()['path']) as file:\n    new = {'x': file.read(), 'own': '/1/' in file.name}"
    bench.write({"first": write, "second": read})
    assert (bench.ran(), bench.ran()) == (["first", "second"], [])
    other = Workspace.acquire(bench.project)
    try:
        assert bench.ran() == ["first", "second"]
    finally:
        other.release()
    assert bench.ran() == []


def test_an_order_that_differs_from_process_to_process_runs_what_reads_it(bench, tmp_path):
    """The texts of a set come in another order in each process: either nothing runs, or what runs is right."""
    bench.write(
        {
            "first": f"{USE.replace('own.value()', 'set(own.value())')}",
            "second": "new = {'sorted': sorted(asset.load_data()['x'])}",
            "third": "new = {'joined': ''.join(asset.load_data()['sorted'])}",
        }
    )
    (bench.root / "own.py").write_text("def value():\n    return {'a': 1, 'b': 2, 'c': 3, 'd': 4}\n")
    script = (
        "import sys; sys.ran = []; sys.path.insert(0, '.')\n"
        "from pathlib import Path\nfrom alo_nb.plan import read_plan\nfrom alo_nb.project import Project\n"
        "from alo_nb.runner import Caching, RunRequest, run_plan\nfrom alo_nb.steps.sources import Sources\n"
        "plan, project = read_plan('plan.yaml'), Project(Path.cwd())\n"
        "run = run_plan(RunRequest(plan=plan, project=project, find=Sources(plan, project).step, mode='train',\n"
        "    interface_mode='file', caching=Caching(force=tuple(sys.argv[1:]))))\n"
        "print(*sys.ran, run.step('third', 'train').data[-1].digest)\n"
    )

    def ran(seed: str, *force: str) -> list[str]:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", script, *force], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    *steps, digest = ran("1")
    assert steps == ["first", "second", "third"]
    for seed in ("2", "3"):
        assert ran(seed) == [digest]
        assert ran(seed, "first")[-1] == digest  # another order, and `third` gets the same
        assert "third" not in ran(seed, "first")


def test_what_our_own_threads_do_meanwhile_is_nothing_that_a_step_does():
    def work():
        subprocess.run(["true"], check=True)

    with watching() as watch:
        ours = threading.Thread(target=work, name="alo_nb git")
        ours.start()
        ours.join()
    assert watch.beyond == ""
    with watching() as watch:
        theirs = threading.Thread(target=work)
        theirs.start()
        theirs.join()
    assert watch.beyond == "it starts another program (true)"
