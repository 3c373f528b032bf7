"""An exception of a step that cannot even say what it is: the run is recorded as failed, and its card is shown."""

from __future__ import annotations

import pytest

from alo_nb.notebook.session import current_session
from alo_nb.store.runs import RunStore

KINDS = {
    "a text that raises": "class Broken(Exception):\n    def __str__(self): raise ValueError('no text')",
    "a text that is none": "class Broken(Exception):\n    def __str__(self): return 5",
    "a text that asks for itself": "class Broken(Exception):\n    def __str__(self): return str(self)",
    "a repr that raises": "class Broken(Exception):\n    __str__ = __repr__ = lambda self: 1 / 0",
    "notes that raise": "class Broken(Exception):\n    def add_note(self, note): raise ValueError('no note')",
    "notes that are none": "class Broken(Exception):\n    __notes__ = 5",
    "no notes can be set": "class Broken(Exception):\n"
    "    def __setattr__(self, name, value):\n"
    "        if name == '__notes__': raise AttributeError('frozen')\n"
    "        super().__setattr__(name, value)",
    "a megabyte": "class Broken(Exception):\n    def __str__(self): return 'x' * 10**6",
    "many lines": "class Broken(Exception):\n    def __str__(self): return '\\n'.join(map(str, range(10**5)))",
    "what a terminal obeys": "class Broken(Exception):\n    def __str__(self): return '\\x1b[2J\\x00\\u202e<b>'",
    "no text": "class Broken(Exception):\n    def __str__(self): return '\\n'",
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_fails_as_any_other(shell, kind):
    shell.error(f"%%alo_asset step=s\n{KINDS[kind]}\nraise Broken()")  # IPython itself may fail at its text, below
    assert "raise Broken()" in shell.out
    run = RunStore(current_session().project).list()[0]
    assert run.status == run.steps[0].status == "failed"
    assert run.error.startswith("Broken")
    for shown in (shell.run("%alo_debug"), shell.run("%alo_show s"), shell.run(f"%alo_show {run.id}")):
        for text in (repr(shown), shown._repr_html_()):
            assert "Broken" in text
            assert len(text) <= 200_000
            assert not {"\x1b", "\x00", "\u202e"} & {*text}
