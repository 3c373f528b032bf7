"""How a plain notebook could become step cells: read, never run.

`propose` reads the cells and finds where they can be cut, so that every value that crosses a cut survives being handed
on as a copy. Where they cannot, it says why; what is not sure is refused, with the cell and the line.
"""

from alo_nb.suggestion.proposal import Proposal as Proposal
from alo_nb.suggestion.proposal import propose as propose
from alo_nb.suggestion.write import write_notebook as write_notebook
