"""`Picture`: a card that is a drawing, with the text that says the same.

An image takes no focus, and what stands in its alternative text can be heard but not read. So below each drawing there
is its text, folded: the fold opens with the keyboard, needs no script, and stays in saved notebooks and on GitHub.
Where a table that says the same stands below anyway, the fold is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import ProjectError
from alo_nb.files import write_atomic
from alo_nb.lang import tr
from alo_nb.views.card import Card
from alo_nb.views.html import COLOURS, escape
from alo_nb.views.svg import picture

_SUMMARY = f"cursor:pointer;color:{COLOURS['unknown']};font-size:12px"
_TEXT = "margin:0;font-size:12px;white-space:pre;overflow-x:auto"


@dataclass(frozen=True, repr=False)
class Picture(Card):
    """A drawing as a card; `svg` is the drawing alone, for a file."""

    svg: str = ""

    def above(self, other: Card) -> Picture:
        """Return the same drawing with another card below it."""
        return Picture(f"{self.text}\n{other.text}".rstrip(), self.html + other.html, self.svg)

    def write(self, path: Path) -> Path:
        """Write the drawing to a file.

        Raises
        ------
        ProjectError
            There is no such folder, or the file cannot be written; one that was there is as it was.
        """
        if not path.parent.is_dir():
            raise ProjectError(
                f"the picture cannot be written: there is no folder {path.parent}", do="make it, or name another file"
            )
        try:
            write_atomic(path, f"{self.svg}\n")
        except OSError as error:
            raise ProjectError(
                f"the picture cannot be written: {error.strerror}", where=str(path), do="name another file"
            ) from error
        return path


NO_PICTURE = Picture("", "")


def pictured(svg: str, text: str, *, twin: bool = True) -> Picture:
    """Return a drawing with the text that says the same; `twin` folds the text below the drawing."""
    below = (
        f'<details><summary style="{_SUMMARY}">{escape(tr("as text"))}</summary>'
        f'<pre style="{_TEXT}">{escape(text)}</pre></details>'
    )
    return Picture(text, picture(svg, text) + (below if twin else ""), svg)
