"""``%%alo_asset`` and its twins: the options of a step, and how a cell spells one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

from alo_nb.errors import MagicUsageError, StepDefinitionError, nearest
from alo_nb.plan import MODES
from alo_nb.plan.policies import POLICIES, policy_meant
from alo_nb.steps.code import Block, lines_of
from alo_nb.steps.magic_line import Grammar, Variable, value_of

GRAMMAR = Grammar(
    "%%alo_asset",
    {
        "step": "name of the step; a name that is in use belongs to its cell",
        "pipeline": "where the step stands when there is no plan",
        "use": "notebook variables to pass to the step, as recorded inputs",
        "cache": "whether it is taken from an earlier run when nothing has changed (auto), or runs every time",
        "inputs": "its inputs from an earlier run, or a version of them (v3); otherwise the latest there are",
    },
    switches={
        "define-only": "define the step and do not run it",
        "replace": "take over the name from another cell",
        "force": "run it although nothing has changed since it last ran",
        "quiet": "run without showing the result card",
    },
    short={"n": "define-only", "q": "quiet", "p": "pipeline", "f": "force"},
    takes_arguments=True,
    main="step",
    texts=("inputs",),
    takes={
        **{"step": "STEP", "pipeline": "|".join(MODES), "use": "VARIABLE,..."},
        **{"cache": "|".join(POLICIES), "inputs": "RUN"},
    },
    more={
        "key=value": "any other key is an argument of the step; key=$name takes a notebook variable",
        "arg.KEY=value": "an argument that has the name of an option",
    },
)


@dataclass(frozen=True)
class AssetLine:
    """The options of one step cell. `cache` is its policy, empty for the plan's; `inputs` as in `Caching`."""

    step: str
    pipelines: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    cache: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    inputs: str = ""
    define_only: bool = False
    replace: bool = False
    force: bool = False
    quiet: bool = False

    def with_values(self, variables: Mapping[str, Any]) -> AssetLine:
        """Return the line with every ``key=$name`` replaced by the value of that notebook variable.

        Raises
        ------
        MagicUsageError
            There is no such variable.
        """
        values = {}
        for key, value in self.args.items():
            if isinstance(value, Variable):
                if value.name not in variables:
                    close = nearest(value.name, (each for each in variables if not each.startswith("_")))
                    hint = close if "did you mean" in close else ""
                    raise MagicUsageError(f"{key}=${value.name}: the notebook has no variable {value.name!r}{hint}")
                value = variables[value.name]
            values[key] = value
        return replace(self, args=values)


def parse_asset_line(text: str) -> AssetLine:
    """Return the options on the magic line of a step cell.

    Raises
    ------
    MagicUsageError
        An unknown or repeated option, or no ``step=``.
    """
    line = GRAMMAR.parse(text)
    options = dict(line.options)
    return asset_line(options.pop("step", None), options, line.arguments)


def asset_line_text(
    step: str, args: Mapping[str, Any], *, pipelines: Iterable[str] = (), use: Iterable[str] = (), cache: str = ""
) -> str:
    """Return the magic line that gives these options; an argument that is no literal is left out."""
    known = {tuple(names): mode for mode, names in MODES.items()}
    where = known.get(tuple(pipelines))
    options = {"step": step, "pipeline": where, "use": ",".join(use), "cache": cache}
    words = [f"{name}={value}" for name, value in options.items() if value]
    return " ".join(["%%alo_asset", *words, *filter(None, (_argument_text(*each) for each in args.items()))])


def _argument_text(name: str, value: Any) -> str:
    spelled = f"arg.{name}" if name.replace("_", "-") in {*GRAMMAR.options, *GRAMMAR.switches} else name
    text = "" if value is None else repr(value)
    return f"{spelled}={text}" if value is None or value_of(text) == value else ""


def _close_options(name: str) -> list[str]:
    import difflib  # for arguments only, which few lines have

    return difflib.get_close_matches(name, [*GRAMMAR.options, *GRAMMAR.switches], n=1, cutoff=0.8)


def asset_line(step: Any, options: Mapping[str, Any], args: Mapping[str, Any]) -> AssetLine:
    """Return the checked options of a step, from a magic line or from the decorator's arguments."""
    for name in args:
        close = _close_options(name)
        if close:
            raise MagicUsageError(
                f"%%alo_asset: unknown option {name!r}; did you mean {close[0]!r}?",
                do=f"an argument of the step with this name is written arg.{name}=...",
            )
    if not step or step is True:
        raise MagicUsageError("a step cell needs a name", do="write `%%alo_asset step=NAME`, e.g. step=preprocess")
    return AssetLine(
        step=str(step),
        pipelines=_pipelines(options.get("pipeline")),
        use=_names(options.get("use")),
        cache=_policy(options.get("cache")),
        args={name.removeprefix("arg."): value for name, value in args.items()},
        inputs=str(options.get("inputs") or ""),
        define_only=bool(options.get("define-only")),
        replace=bool(options.get("replace")),
        force=bool(options.get("force")),
        quiet=bool(options.get("quiet")),
    )


def _pipelines(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    mode = str(value).removesuffix("_pipeline")
    if mode not in MODES:
        raise MagicUsageError(f"pipeline={value!r} is not a pipeline{nearest(mode, MODES)}")
    return MODES[mode]


def _policy(value: Any) -> str:
    if value is None:
        return ""
    policy = str(policy_meant(value))
    if policy not in POLICIES:
        do = f"write one of {', '.join(POLICIES)}"
        raise MagicUsageError(f"cache={value} is no cache policy{nearest(policy, POLICIES)}", do=do)
    return policy


def _names(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, (list, tuple)) else str(value or "").split(",")
    names = tuple(str(part).strip() for part in parts if str(part).strip())
    for name in names:
        if not name.isidentifier():
            raise MagicUsageError(f"use={name!r} is not the name of a variable")
    return names


@dataclass(frozen=True)
class StepCell:
    """A cell that defines a step: its options, and its body with the lines that it has in the cell."""

    line: AssetLine
    body: Block


_WRAPPER = re.compile(r"((?:\s*#.*\n)*\s*)(%%(?:time|capture)\b.*)")


def unwrapped(text: str) -> str:
    """Return a cell with ``%%time`` or ``%%capture`` above it commented out: they run what is below as it is."""
    while (found := _WRAPPER.match(text)) is not None:
        text = f"{found[1]}# {found[2]}{text[found.end() :]}"
    return text


def step_cell(text: str, *, file: str, label: str) -> StepCell | None:
    """Return the step that a cell's text defines by a magic on its first line of code, or None.

    Comments above ``%%alo_asset`` are fine. The line form ``%alo_asset step=x`` on the first line means the same.

    Raises
    ------
    MagicUsageError
        The magic line is wrong; with the cell and the line.
    """
    lines = lines_of(unwrapped(text))
    number = next((i for i, each in enumerate(lines) if each.strip() and not each.lstrip().startswith("#")), None)
    if number is None:
        return None
    found = re.fullmatch(r"%%?alo_asset(?:\s+(.*))?", lines[number].rstrip())
    if found is None:
        return None
    try:
        options = parse_asset_line(found[1] or "")
    except MagicUsageError as error:
        error.where = error.where or f"{label}, line {number + 1}: {lines[number].strip()}"
        raise
    body = Block("\n".join(lines[number + 1 :]), file, number + 2, label)
    return StepCell(options, body)


def decorated_steps(block: Block) -> list[StepCell]:
    """Return the steps that ``@alo_nb.asset(step=...)`` defines at the top level of a cell or file."""
    try:
        tree = block.tree()
    except SyntaxError:
        return []
    found = []
    for node in tree.body:
        for decorator in getattr(node, "decorator_list", ()):
            if _is_asset(decorator):
                keywords = {each.arg: _literal(each, block) for each in decorator.keywords if each.arg}
                found.append(StepCell(decorator_line(keywords), undecorated(block.part(node))))
    return found


def _is_asset(decorator: ast.expr) -> TypeGuard[ast.Call]:
    """Tell whether a decorator is ``@asset(...)`` or ``@alo_nb.asset(...)``."""
    called = decorator.func if isinstance(decorator, ast.Call) else None
    return getattr(called, "attr", getattr(called, "id", "")) == "asset"


def undecorated(block: Block) -> Block:
    """Return a function or class without ``@asset``; other decorators stay, and every line keeps its number."""
    lines = lines_of(block.source)
    for decorator in getattr(block.tree().body[0], "decorator_list", ()):
        if _is_asset(decorator):
            for number in range(decorator.lineno, (decorator.end_lineno or decorator.lineno) + 1):
                lines[number - block.line] = ""
    blank = next(number for number, line in enumerate(lines) if line.strip())
    return Block("\n".join(lines[blank:]), block.file, block.line + blank, block.label)


def decorator_line(keywords: Mapping[str, Any]) -> AssetLine:
    """Return the options from the keyword arguments of ``@alo_nb.asset``; ``_`` in a name stands for ``-``."""
    spelled = {name.replace("_", "-"): value for name, value in keywords.items()}
    known = {*GRAMMAR.options, *GRAMMAR.switches}
    options = {name: value for name, value in spelled.items() if name in known}
    args = {name: value for name, value in keywords.items() if name.replace("_", "-") not in known}
    return asset_line(options.pop("step", None), options, args)


def _literal(keyword: ast.keyword, block: Block) -> Any:
    try:
        return ast.literal_eval(keyword.value)
    except ValueError:
        if isinstance(keyword.value, ast.Name):
            return Variable(keyword.value.id)
        raise StepDefinitionError(
            f"@asset: {keyword.arg}= must be a constant, or the name of one, to be read without running the cell",
            where=f"{block.label}, line {keyword.value.lineno}",
        ) from None
