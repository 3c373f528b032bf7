from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from bench_project import Bench

from alo_nb.cache.decision import Decision
from alo_nb.runner import Caching
from alo_nb.runner.reuse import Reuse
from alo_nb.store import Run

END = """
data, config = asset.load_data(), asset.load_config()
data.update(locals().get('new', {}))
asset.save_data(data)
asset.save_config(config)"""


class CacheBench(Bench):
    """Runs with the cache on. Steps set `new`, keys that they leave alone stay unread; it is counted which ones ran."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.decisions: dict[str, Decision] = {}
        self.magic: dict[str, str] = {}

    def write(self, train: Mapping[str, str] = {}, inference: Mapping[str, str] = {}, **parts: object) -> None:
        """Write the plan and the steps; `magic` has what else stands on their lines, `extra` more of the plan."""
        extra = parts.pop("extra", {})
        mark = "__import__('sys').ran.append({!r})\n{}"
        train, inference = (
            {name: text if "# saves" in text else mark.format(name, text) + f"{END}  # saves" for name, text in each}
            for each in (train.items(), inference.items())
        )
        super().write(train, inference, **parts)
        path = self.root / "steps.ipynb"
        for name, options in self.magic.items():
            path.write_text(path.read_text().replace(f"step={name}\\n", f"step={name} {options}\\n"))
        if extra:
            plan = self.root / "plan.yaml"
            plan.write_text(json.dumps({**json.loads(plan.read_text()), **extra}))

    def ran(self, mode: str = "train", *, caching: Caching | None = None, **options: object) -> list[str]:
        """Run the plan; return the steps whose code was executed, by what their code does."""
        sys.ran.clear()
        self.decisions.clear()
        self.last = self.run(mode, caching=caching or Caching(), **options)
        assert [each.step for each in self.last.steps if not each.cached_from] == sys.ran
        return list(sys.ran)

    def causes(self, step: str) -> list[tuple[str, str]]:
        """Return why a step ran, as kind and text."""
        return [(each.kind, each.text) for each in self.decisions[step].causes]

    @property
    def warnings(self) -> list[str]:
        return [each.message for each in self.events if type(each).__name__ == "Warned"]

    def digests(self, run: Run | None = None) -> dict[str, str]:
        """Return the digest of everything that the steps of a run saved."""
        steps = (run or self.last).steps
        return {f"{each.pipeline}/{each.step}/{out.name}": out.digest for each in steps for out in each.data}

    def results(self) -> dict[str, object]:
        """Return what lies in ALO's folders, but for logs, times and the names of runs."""
        found = {}
        for name, content in self.published().items():
            if not name.startswith("history/") and "/log" not in name:
                is_summary = name.endswith("_summary.yaml")
                found[name] = re.sub(rb"'?date'?:.*", b"", content) if is_summary else content
        return found

    def traces(self, step: str) -> list[Path]:
        return sorted((self.root / ".alo/cache/steps").glob(f"*/{step}/*.json"))

    def values(self) -> list[Path]:
        return [each for each in (self.root / ".alo/cache/values").rglob("*") if each.is_file()]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CacheBench]:
    """A new project, which is the current folder, with the cache on."""
    monkeypatch.delenv("ALO_NB_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "ran", [], raising=False)
    bench = CacheBench(tmp_path)
    decide: Callable[..., Decision] = Reuse.decide

    def noted(self: Reuse, now: object, pipeline: str, step: str) -> Decision:
        decision = bench.decisions[step] = decide(self, now, pipeline, step)
        return decision

    monkeypatch.setattr(Reuse, "decide", noted)
    before = set(sys.modules)
    yield bench
    for name in set(sys.modules) - before:
        if str(tmp_path) in (getattr(sys.modules[name], "__file__", None) or ""):
            del sys.modules[name]
