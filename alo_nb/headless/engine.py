"""The papermill engine ``alo_nb``: ``papermill --engine alo_nb in.ipynb out.ipynb``.

papermill loads every registered engine while it is being imported itself. So this module imports nothing of papermill
until a notebook runs: that keeps everybody's ``import papermill`` fast, and both orders of import working.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode


class AloEngine:
    """Runs a notebook's cells and tells the truth about them in the saved file.

    A cell whose kernel died, that ran too long, or that a signal interrupted is marked failed, with an error output
    that says what happened; the cells after it stay pending. It has the three methods that papermill calls.
    """

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, **options: Any) -> NotebookNode:
        """Run the cells in order and return the notebook; `options` are those of `execution.execute`."""
        from alo_nb.headless.execution import execute

        return execute(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """Return the kernel to start: `name`, else the one that the notebook names."""
        from papermill.utils import nb_kernel_name

        return str(nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """Return the language of the cells: `language`, else the one that the notebook names."""
        from papermill.utils import nb_language

        return str(nb_language(nb, language))
