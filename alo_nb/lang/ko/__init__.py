"""The interface texts in Korean."""

from alo_nb.lang.ko import cards, forms, help, reasons, tools

TEXTS: dict[str, str] = {**help.TEXTS, **cards.TEXTS, **forms.TEXTS, **reasons.TEXTS, **tools.TEXTS}
