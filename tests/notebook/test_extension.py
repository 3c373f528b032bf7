"""Loading and unloading: what ``%load_ext alo_nb`` puts into a shell and what it leaves behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

import alo_nb
from alo_nb.notebook.completion import candidates
from alo_nb.notebook.session import Session, current_session


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


# Completion -------------------------------------------------------------------------------------------------------


def completions(shell, text):
    return {each.text for each in shell.ip.Completer.completions(text, len(text))}


@pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")
def test_completion_offers_options_steps_and_modes(shell):
    shell.run("%%alo_asset step=preprocess -n\npass")
    shell.run("%%alo_asset step=train -n\npass")
    assert completions(shell, "%%alo_asset st") == {"step="}
    assert completions(shell, "%%alo_asset step=") >= {"step=preprocess", "step=train"}
    assert completions(shell, "%%alo_asset step=pre") == {"step=preprocess"}
    assert completions(shell, "%%alo_asset step=x --d") == {"--define-only"}
    assert completions(shell, "%alo_asset step=x pipeline=i") == {"pipeline=inference"}
    assert completions(shell, "%alo_run ") >= {"train", "inference", "all", "--from="}
    assert completions(shell, "%alo_run --from=t") == {"--from=train"}
    assert completions(shell, "%alo_run --interface-mode=") == {"--interface-mode=memory", "--interface-mode=file"}
    assert {"%alo_run", "%alo_status"} <= completions(shell, "%alo_")


@pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")
def test_completion_leaves_ordinary_code_alone(shell):
    shell.run("%%alo_asset step=preprocess -n\npass")
    assert completions(shell, "impo") >= {"import"}
    assert completions(shell, "%timei") >= {"%timeit"}
    assert completions(shell, "%%alo_asset step=x\nimpo") >= {"import"}


def test_what_is_offered_for_run_is_what_run_takes():
    from alo_nb.magics import alo_run  # type: ignore[attr-defined]  # found at run time

    offered = candidates(Session(), "%alo_run ", "")
    flags = {each.strip("-=") for each in offered if each.startswith("--")}
    assert flags == {*alo_run.GRAMMAR.options, *alo_run.GRAMMAR.switches}


def test_completion_is_quiet_while_the_plan_is_broken(shell, project):
    (project / "plan.yaml").write_text(
        "name: small\nuser_parameters:\n  - train_pipeline:\n    - step: a\n"
        "asset_source:\n  - train_pipeline:\n    - step: a\n      source: {code: notebook}\n"
    )
    shell.run("%alo_plan plan.yaml")
    assert candidates(current_session(), "%%alo_asset step=", "step=") == ["step=a"]
    (project / "plan.yaml").write_text("name: [")
    assert candidates(current_session(), "%%alo_asset step=", "step=") == []
