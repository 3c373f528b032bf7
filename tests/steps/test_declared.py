"""What a step's code says about its arguments is read from the code alone."""

from __future__ import annotations

import pytest

from alo_nb.steps.code import Block
from alo_nb.steps.declared import Declared, declared_arguments
from alo_nb.steps.definition import define_step


def declared(text):
    return declared_arguments(define_step("fit", Block(text, "fit.py", 1, "fit.py"), None))


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("asset.check_args('n', False, 5, 'int')", Declared("int", 5)),
        ("asset.check_args('n', is_required=True, chng_type='float')", Declared("float", is_required=True)),
        ("asset.check_args(arg_key='n', default=[1, 2], chng_type='list')", Declared("list", [1, 2])),
        ("asset.check_args('n')", Declared("str")),
        ("asset.check_args('n', default='')", Declared("str")),
        ("asset.check_args('n', default=f(), chng_type=kind)", Declared("str")),
        ("asset.load_args().get('n', 0.5)", Declared("float", 0.5)),
        ("asset.load_args()['n']", Declared(is_required=True)),
    ],
)
def test_a_call_declares_type_default_and_whether_it_is_required(call, wanted):
    assert declared(f"x = {call}\nasset.save_data({{}})") == {"n": wanted}


def test_an_asset_class_of_alo_declares_as_a_cell_does():
    text = (
        "class UserAsset(Asset):\n"
        "    def run(self):\n"
        "        args = self.asset.load_args()\n"
        "        self.depth = self.asset.check_args(arg_key='depth', is_required=False, default=3, chng_type='int')\n"
        "        rate = args.get('rate', 0.1)\n"
    )
    assert declared(text) == {"depth": Declared("int", 3), "rate": Declared("float", 0.1)}


def test_what_a_variable_is_compared_with_are_choices_and_the_default_is_the_first():
    text = (
        "how = asset.check_args('how', default='median', chng_type='str')\n"
        "if how == 'mean':\n    pass\n"
        "elif how not in ('dropna', 'zero', None, other):\n    pass\n"
        "depth = asset.check_args('depth', default=3, chng_type='int')\n"
        "if depth == 3:\n    pass\n"
        "kind = asset.check_args('kind', is_required=True)\n"
        "match kind:\n    case 'a' | 'b':\n        pass\n    case 'c':\n        pass\n"
    )
    found = declared(text)
    assert found["how"].choices == ("median", "mean", "dropna", "zero")
    assert found["depth"].choices == ()  # one constant is a special case
    assert found["kind"].choices == ("a", "b", "c")


def test_a_name_that_only_a_run_knows_declares_nothing_and_nothing_is_run():
    assert declared("for name in names:\n    asset.check_args(name, default=1 / 0)\nboom()") == {}
