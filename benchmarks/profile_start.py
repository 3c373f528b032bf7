"""Where a command spends its time before it does anything: ``python benchmarks/profile_start.py run plan.yaml -q``.

Run it in a project folder; the words behind it are those behind ``alo-nb``. It prints the least that importing each
module took in several processes, without what that imports in turn, and what defining dataclasses and compiling regular
expressions has in it. Bytecode is kept, as it is of whatever is installed.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import environment, script

ROUNDS, SHOWN = 8, 30
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_COUNTED = """
import dataclasses, re._compiler, sys, time
spent = {}
def counted(module, name, what):
    plain = getattr(module, name)
    def call(*args, **options):
        start = time.process_time()
        try:
            return plain(*args, **options)
        finally:
            count, seconds = spent.get(what, (0, 0.0))
            spent[what] = count + 1, seconds + time.process_time() - start
    setattr(module, name, call)
counted(dataclasses, "_process_class", "dataclasses")
counted(re._compiler, "compile", "regular expressions")
from alo_nb.headless.cli import main
code = main(sys.argv[1:])
total = time.process_time()
for what, (count, seconds) in spent.items():
    sys.stderr.write(f"{seconds * 1000:8.1f} ms of {total * 1000:.0f} ms CPU: {count} {what}\\n")
sys.exit(code)
"""


def import_times(words: list[str], env: dict[str, str]) -> dict[str, int]:
    """Return the least microseconds of each module, of several runs of a command."""
    least: dict[str, int] = {}
    for _ in range(ROUNDS):
        command = [sys.executable, "-X", "importtime", script("alo-nb"), *words]
        told = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stderr
        for found in _LINE.finditer(told):
            took, name = int(found[1]), found[2]
            least[name] = min(took, least.get(name, took))
    return least


def main() -> None:
    """Measure, and print the modules that take longest."""
    words = sys.argv[1:] or ["--help"]
    env = environment(Path(tempfile.gettempdir()))
    least = import_times(words, env)
    own = sum(took for name, took in least.items() if name.startswith("alo_nb"))
    print(f"{sum(least.values()) / 1000:8.1f} ms: {len(least)} modules, of which alo_nb's {own / 1000:.1f} ms")
    for name, took in sorted(least.items(), key=lambda each: -each[1])[:SHOWN]:
        print(f"{took / 1000:8.1f} ms  {name}")
    subprocess.run([sys.executable, "-c", _COUNTED, *words], env=env, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    main()
