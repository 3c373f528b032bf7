"""How ALO 3 calls a function: which of its parameters get what (alo.py of ALO 3.0.4, `pipeline`).

Parameters without a default are ``(pipeline)`` or ``(context, pipeline)``; the arguments of the plan go to those with
one. A function that has none gets no arguments and finds them in ``pipeline[<step>]["argument"]``.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alo_nb.errors import StepArgumentError, StepDefinitionError, nearest
from alo_nb.steps.names import bound_names


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function.

    Attributes
    ----------
    required : tuple of str
        Those without a default that are given by position.
    named : frozenset of str
        Those that may get an argument of the plan. ALO 3 leaves out the ones behind ``*``; here they get theirs too.
    any_named, any_positional : bool
        Whether there are ``**kwargs`` and ``*args``.
    """

    required: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    any_named: bool = False
    any_positional: bool = False

    @property
    def get_arguments(self) -> bool:
        """Whether the function is given the plan's arguments at all."""
        return bool(self.named) or self.any_named

    def positional(self, context: Any, pipeline: Any) -> tuple[Any, ...]:
        """Return what the function is given by position."""
        if len(self.required) == 2:
            return context, pipeline
        return (pipeline,) if self.required or self.any_positional else ()

    def arguments(self, args: Mapping[str, Any], *, function: str, where: str) -> dict[str, Any]:
        """Return the arguments that the function is given.

        Parameters
        ----------
        args : mapping
            The step's arguments.
        function : str
            The function as the plan names it, e.g. ``"titanic.train"``, for messages.
        where : str
            The place of the step in the plan, for messages.

        Raises
        ------
        StepDefinitionError
            It has more than two parameters without a default, or one that the plan has an argument for.
        StepArgumentError
            It has no parameter for an argument.
        """
        wanted = [name for name in self.required if name in args] or list(self.required[2:])
        if wanted:
            raise StepDefinitionError(
                f"the function {function} has the parameter {wanted[0]!r} without a default; ALO 3 calls it with "
                "(pipeline) or (context, pipeline), and arguments go to parameters that have a default (ALO-USR-002)",
                where=where,
                do=f"give it a default in the function: {wanted[0]}=None",
            )
        if not self.get_arguments:
            return {}
        unknown = [name for name in args if name not in self.named]
        if unknown and not self.any_named:
            raise StepArgumentError(
                f"the function {function} takes no argument {unknown[0]!r}{nearest(str(unknown[0]), self.named)}",
                where=where,
                do="correct the name in the plan, or add the parameter to the function",
            )
        return dict(args)


def parameters_of(function: Callable[..., Any]) -> Parameters:
    """Return the parameters of a function; those of what it wraps when a decorator says so."""
    found = inspect.signature(function).parameters.values()
    kinds = {each.kind for each in found}
    positional = [each for each in found if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    by_name = [each for each in found if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]
    required = tuple(each.name for each in positional if each.default is each.empty)
    return Parameters(
        required=required,
        named=frozenset(each.name for each in by_name if each.name not in required),
        any_named=inspect.Parameter.VAR_KEYWORD in kinds,
        any_positional=inspect.Parameter.VAR_POSITIONAL in kinds,
    )


def parameters_in(node: ast.stmt | None) -> Parameters | None:
    """Return the parameters of a plain function by reading it; None for what only running can tell."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    found = node.args
    positional = [each.arg for each in (*found.posonlyargs, *found.args)]
    required = tuple(positional[: len(positional) - len(found.defaults)])
    by_name = {each.arg for each in (*found.args, *found.kwonlyargs)}
    return Parameters(
        required=required,
        named=frozenset(by_name.difference(required)),
        any_named=found.kwarg is not None,
        any_positional=found.vararg is not None,
    )


def binding_of(name: str, tree: ast.Module) -> ast.stmt | None:
    """Return the last statement at the top level of a module that binds a name, e.g. its ``def``; None without one."""
    return next((node for node in reversed(tree.body) if name in bound_names([node])), None)
