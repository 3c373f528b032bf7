"""Settings of every pytest run, of the tests and of the tutorials."""

pytest_plugins = ["nbval_guard"]
