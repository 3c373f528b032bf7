"""A notebook of code cells, as the text of its file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def code_cells(texts: Iterable[str]) -> str:
    """Return an ``.ipynb`` (format 4.5) with these cells, in which nothing has run."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {},
            "outputs": [],
            "source": text.strip("\n").splitlines(keepends=True),
        }
        for number, text in enumerate(texts, start=1)
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
