"""The interface texts in Korean."""

TEXTS: dict[str, str] = {}
