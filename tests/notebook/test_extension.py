"""Loading and unloading: what ``%load_ext alo_nb`` puts into a shell and what it leaves behind."""

from __future__ import annotations

import subprocess
import sys

import alo_nb
from alo_nb.notebook.session import current_session


def footprint(ip):
    """Return all that an extension can leave in a shell."""
    formatters = ip.display_formatter.formatters
    shown = {kind: {*each.deferred_printers, *map(name_of, each.type_printers)} for kind, each in formatters.items()}
    return {
        "line magics": set(ip.magics_manager.magics["line"]),
        "cell magics": set(ip.magics_manager.magics["cell"]),
        "hooks": {name: list(each) for name, each in ip.events.callbacks.items()},
        "transformers": [*ip.input_transformers_cleanup, *ip.input_transformers_post],
        "ast transformers": list(ip.ast_transformers),
        "matchers": list(ip.Completer.custom_matchers),
        "names": {name for name in ip.user_ns if not name.startswith("_") and name not in {"In", "Out"}},
        "hidden names": {name for name in ip.user_ns_hidden if not name.startswith("_")},
        "formatters": {kind: {name for name in names if name[0].startswith("alo_nb")} for kind, names in shown.items()},
        "exception handlers": ip.CustomTB,
        "settings": [each for each in ip.configurables if type(each).__module__.startswith("alo_nb")],
    }


def name_of(kind):
    return kind.__module__, kind.__name__


def test_loading_twice_is_loading_once(shell):
    shell.step("a", "x = 1")
    once = footprint(shell.ip)
    shell.run("%load_ext alo_nb")
    alo_nb.load_ipython_extension(shell.ip)
    assert footprint(shell.ip) == once
    assert "a" in current_session().registry


def test_unloading_leaves_nothing_behind(bare):
    before = footprint(bare.ip)
    bare.run("%load_ext alo_nb")
    assert footprint(bare.ip)["cell magics"] - before["cell magics"] == {"alo_asset"}
    bare.step("a", "x = 1")
    bare.run("%unload_ext alo_nb")
    assert footprint(bare.ip) == before


def test_reloading_starts_a_new_session_once(shell):
    shell.step("a", "x = 1")
    counts = {name: len(each) for name, each in footprint(shell.ip)["hooks"].items()}
    shell.run("%reload_ext alo_nb")
    assert {name: len(each) for name, each in footprint(shell.ip)["hooks"].items()} == counts
    assert len(footprint(shell.ip)["matchers"]) == 1
    assert list(current_session().registry) == []
    shell.step("b", "x = 1")
    assert shell.out.count("✔ b") == 1


def test_after_unloading_a_step_cell_says_that_the_magic_is_gone(shell):
    shell.run("%unload_ext alo_nb")
    assert "alo_asset" in str(shell.error("%%alo_asset step=s\nx = 1"))


def test_importing_alo_nb_imports_nothing_of_alo_nb_and_nothing_from_outside_of_python():
    code = "import sys; before = {*sys.modules}; import alo_nb; print(*sorted({*sys.modules} - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = done.stdout.split()
    assert "alo_nb" in found
    assert {name for name in found if name.partition(".")[0] not in sys.stdlib_module_names} == {"alo_nb"}
