"""Records as text and as html. Views return strings; showing them is the shells' work."""
