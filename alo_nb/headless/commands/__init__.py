"""One module for each sub-command of ``alo-nb``: options in, one function called, text out, exit code returned."""
