"""Whatever is edited, a cached run gives the bytes that a run in an empty copy of the project gives."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from alo_nb.runner import Caching
from tests.cache.conftest import CacheBench

NAMES = ("a", "b", "c", "d")
SMALL = st.integers(0, 2)


@dataclass(frozen=True)
class Step:
    """What a step does: which key it reads and adds to, and which other things it takes in and leaves behind."""

    reads: str = ""
    adds: int = 0
    argument: int | None = None
    helper: bool = False
    module: bool = False
    file: str = ""
    leaves: str = ""
    looks: bool = False
    mutates: bool = False

    def text(self, name: str) -> str:
        lines = ["data, config = asset.load_data(), asset.load_config()", f"total = {self.adds}"]
        if self.reads:
            lines.append(f"total += sum(data.get({self.reads!r}, [0]))")
        if self.mutates and self.reads:
            lines += [f"if {self.reads!r} in data:", f"    data[{self.reads!r}][0] += 1"]
        if self.argument is not None:
            lines.append("total += asset.check_args('n', chng_type='int')")
        if self.helper:
            lines.append("total += helped(total)")
        if self.module:
            lines += ["import prop_own", "total += prop_own.value()"]
        if self.file:
            lines += [f"with open({self.file!r}) as file:", "    total += len(file.read())"]
        if self.looks:
            lines += [
                "import os",
                "for each in sorted(os.listdir(asset.get_output_path())):",
                "    with open(asset.get_output_path() + each) as file:",
                "        total += len(file.read())",
            ]
        if self.leaves:
            lines += [
                f"with open(asset.get_output_path() + {self.leaves!r}, 'w') as file:",
                "    file.write('x' * total)",
            ]
        return "\n".join(
            [*lines, f"data[{name!r}] = [total]", "asset.save_data(data)", "asset.save_config(config)", "# saves"]
        )


@dataclass(frozen=True)
class World:
    """A whole project at one moment."""

    steps: tuple[Step, ...]
    helper: int = 0
    module: int = 0
    files: dict[str, str] = field(default_factory=lambda: {"one.txt": "1", "two.txt": "22"})

    def write(self, bench: CacheBench) -> None:
        bench.cells = [f"def helped(x):\n    return x % 7 + {self.helper}"]
        bench.steps = {}
        train = {name: each.text(name) for name, each in zip(NAMES, self.steps, strict=False)}
        numbers = zip(NAMES, self.steps, strict=False)
        bench.write(train, args={name: {"n": each.argument} for name, each in numbers if each.argument is not None})
        (bench.root / "prop_own.py").write_text(f"def value():\n    return {self.module}\n")
        for name, content in self.files.items():
            (bench.root / name).write_text(content)


STEP = st.builds(
    Step,
    reads=st.sampled_from(["", "", *NAMES]),
    adds=SMALL,
    argument=st.none() | SMALL,
    helper=st.booleans(),
    module=st.booleans(),
    file=st.sampled_from(["", "one.txt", "two.txt"]),
    leaves=st.sampled_from(["", "left.txt", "other.txt"]),
    looks=st.booleans(),
    mutates=st.booleans(),
)
WORLD = st.builds(World, st.lists(STEP, min_size=3, max_size=4).map(tuple))
EDIT = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 3), STEP),
    st.tuples(st.just("argument"), st.integers(0, 3), SMALL),
    st.tuples(st.just("adds"), st.integers(0, 3), SMALL),
    st.tuples(st.just("helper"), st.just(0), SMALL),
    st.tuples(st.just("module"), st.just(0), SMALL),
    st.tuples(st.just("file"), st.integers(0, 1), SMALL),
    st.tuples(st.just("nothing"), st.just(0), st.just(0)),
)


def edited(world: World, edit: tuple[str, int, Any]) -> World:
    what, where, value = edit
    if what in ("helper", "module"):
        return replace(world, **{what: value})
    if what == "file":
        return replace(world, files={**world.files, ("one.txt", "two.txt")[where]: str(value)})
    if what == "nothing":
        return world
    at = where % len(world.steps)
    step = value if what == "step" else replace(world.steps[at], **{what: value})
    return replace(world, steps=(*world.steps[:at], step, *world.steps[at + 1 :]))


def _result(bench: CacheBench, caching: Caching, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    with monkeypatch.context() as patch:
        patch.chdir(bench.root)
        patch.syspath_prepend(bench.root)
        run = bench.run(caching=caching)
    sys.modules.pop("prop_own", None)
    return {**bench.digests(run), **bench.results()}


LOOKS = Step(looks=True, helper=True, module=True, mutates=True)


@example(
    world=World((Step(mutates=True), Step(module=True, file="two.txt", mutates=True), LOOKS, Step())),
    edits=[("step", 0, Step()), ("file", 1, 0)],
)
@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(world=WORLD, edits=st.lists(EDIT, min_size=1, max_size=4))
def test_a_cached_run_gives_the_bytes_of_a_cold_one(tmp_path, monkeypatch, world, edits):
    base = Path(tempfile.mkdtemp(dir=tmp_path))
    warm = base / "warm"
    warm.mkdir()
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    bench, worlds = CacheBench(warm), [world]
    for each in edits:
        worlds.append(edited(worlds[-1], each))
    for number, each in enumerate(worlds):
        each.write(bench)
        found = _result(bench, Caching(), monkeypatch)
        cold = base / f"cold{number}"
        cold.mkdir()
        other = CacheBench(cold)
        each.write(other)
        assert found == _result(other, Caching(on=False), monkeypatch), each
