"""This kernel: its cells, its session, and what it shows."""
