"""Which steps need not run again, and why: what a step run depended on, and what it made, kept for the next time."""
