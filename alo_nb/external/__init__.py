"""Everything that comes from outside a run or is written for the world outside: folders, files, and their removal."""
