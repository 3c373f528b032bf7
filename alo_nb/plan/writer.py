"""A plan as the text of an ``experimental_plan.yaml`` that ALO 2.6 reads, laid out for people.

ALO 2.6 compares the keys of the file with those it knows (yaml.py), so that all of them are written, and no others but
the section that is ours, when it says anything.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alo_nb.plan.describe import ALO_2_CONTROL
from alo_nb.plan.model import Pipeline, Plan, Step
from alo_nb.plan.redact import redact

_EXTERNAL = (
    "load_train_data_path",
    "load_inference_data_path",
    "save_train_artifacts_path",
    "save_inference_artifacts_path",
    "load_model_path",
)


def plan_yaml(plan: Plan, *, head: Iterable[str] = (), comments_of: str = "") -> str:
    """Return the text of a plan.

    Parameters
    ----------
    plan : Plan
        Its values must be plain: text, numbers, truth values, dates, and lists and mappings of them.
    head : iterable of str
        Lines of a comment at the top.
    comments_of : str
        The text of a plan whose comments are kept beside and above the lines that say the same here.
    """
    comments = _Comments.read(comments_of)
    lines = [f"# {line}" for line in head] + comments.head
    for line in _lines(plan):
        lines += comments.around(line)
    return "\n".join(lines) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield pair_text("name", plan.name)
    yield pair_text("version", plan.version)
    yield from ("", "external_path:")
    for name in _EXTERNAL:
        value = getattr(plan.external_path, name)
        yield "  - " + pair_text(name, value[0] if isinstance(value, tuple) and len(value) == 1 else value or None)
    yield from ("", "external_path_permission:", "  - " + pair_text("aws_key_profile", plan.aws_key_profile))
    yield from ("", "user_parameters:")
    for pipeline in plan.pipelines:
        yield from _pipeline(pipeline, parameter_lines)
    yield from ("", "asset_source:")
    for pipeline in plan.pipelines:
        yield from _pipeline(pipeline, source_lines)
    yield from ("", "control:")
    for name in ALO_2_CONTROL:
        yield "  - " + pair_text(name, getattr(plan.control, name))
    yield ""
    yield from _block("ui_args_detail", list(plan.ui_args_detail))
    if plan.cache:
        yield from ("", "alo_nb:", "  - " + pair_text("cache", dict(plan.cache)))


def _pipeline(pipeline: Pipeline, step_lines: Any) -> Iterator[str]:
    yield f"  - {pipeline.name}:"
    for step in pipeline.steps:
        yield "      - " + pair_text("step", step.name)
        yield from (f"        {line}" for line in step_lines(step))


def parameter_lines(step: Step) -> Iterator[str]:
    """Yield the lines of a step in `user_parameters`, below its name and without its indentation."""
    yield "args:"
    for number, (name, value) in enumerate(step.args.items()):
        yield ("    " if number else "  - ") + pair_text(name, value)
    if step.ui_args is not None:
        yield pair_text("ui_args", list(step.ui_args))


def source_lines(step: Step) -> Iterator[str]:
    """Yield the lines of a step in `asset_source`, below its name and without its indentation."""
    source = step.source
    yield "source:"
    yield "  " + pair_text("code", source.code if source else "notebook")
    yield "  " + pair_text("branch", source.branch if source else None)
    yield "  " + pair_text("requirements", list(source.requirements) if source else [])


def pair_text(key: Any, value: Any) -> str:
    """Return ``key: value`` in one line, and ``key:`` for nothing."""
    return f"{flow_text(key)}: {'' if value is None else flow_text(value)}".rstrip()


def _block(key: str, value: list[Any]) -> list[str]:
    """Return a list below its key, each of its values in a line; an empty one beside it."""
    return [f"{key}:", *_yaml(value, flow=False).splitlines()] if value else [pair_text(key, value)]


def flow_text(value: Any, *, within: bool = False) -> str:
    """Return a value as YAML in one line; `within` another list or mapping of that line, where commas end a text."""
    return _yaml([value], flow=True)[1:-1] if within else _yaml(value, flow=True)


def _yaml(value: Any, *, flow: bool) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

        def represent_str(self, data: str) -> Any:
            in_one_line = data.isprintable()
            return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if in_one_line else '"')

    Dumper.add_representer(str, Dumper.represent_str)
    Dumper.add_representer(tuple, lambda dumper, data: dumper.represent_list(data))
    options: Mapping[str, Any] = {"default_flow_style": flow, "allow_unicode": True, "sort_keys": False}
    return str(yaml.dump(value, Dumper=Dumper, width=float("inf"), **options)).removesuffix("\n").removesuffix("\n...")


@dataclass
class _Comments:
    """The comments of a plan's text: those at its top, and those above and beside its other lines."""

    head: list[str] = field(default_factory=list)
    beside: dict[str, deque[tuple[list[str], str]]] = field(default_factory=lambda: defaultdict(deque))

    @classmethod
    def read(cls, text: str) -> _Comments:
        found = cls()
        above: list[str] = []
        for line in redact(text).splitlines():
            if not line.strip() or line.lstrip().startswith("#"):
                above += [line.strip()] if line.strip() else []
                continue
            if not found.beside:
                found.head, above = above, []
            content, comment = _split_comment(line)
            found.beside[_key(content)].append((above, comment))
            above = []
        return found

    def around(self, line: str) -> list[str]:
        """Return a new line with the comments of the next line of the old text that says the same."""
        waiting = self.beside.get(_key(line))
        if not line or not waiting:
            return [line]
        above, comment = waiting.popleft()
        indent = line[: len(line) - len(line.lstrip())]
        return [*(f"{indent}{each}" for each in above), f"{line}  {comment}".rstrip()]


def _key(line: str) -> str:
    return " ".join(line.replace("- ", " ", 1).split()) if line.lstrip().startswith("- ") else " ".join(line.split())


def _split_comment(line: str) -> tuple[str, str]:
    """Return a line of YAML without its comment, and the comment; a ``#`` in quotes starts none."""
    at = line.find(" #")
    while at >= 0:
        if _value(line[:at]) == _value(line):
            return line[:at], line[at:].strip()
        at = line.find(" #", at + 1)
    return line, ""


def _value(line: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(line)
    except yaml.YAMLError:
        return ValueError  # equal to nothing that can be written
