"""Running plans without a notebook front end: the command line, the papermill engine, and the executed notebook."""
