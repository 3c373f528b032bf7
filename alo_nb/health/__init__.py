"""Is all in order? What ``%alo_doctor`` and ``alo-nb doctor`` look at: Python, the front end, the project."""
