"""Steps: what a cell, a file or a notebook defines, with the code it takes along, ready to run."""
