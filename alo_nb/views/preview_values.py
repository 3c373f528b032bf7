"""A value as a card: what it is like and its beginning. Little of it is read, and no code of its own class is run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from alo_nb.handover.glance import attributes, cut, hidden_text, is_really, library_of, short_text, type_name
from alo_nb.handover.signature import CELLS, signature_of
from alo_nb.lang import tr
from alo_nb.plan.redact import is_secret, is_secret_name, redact
from alo_nb.views.card import Card, facts_card, number_text, plain_card, table_card
from alo_nb.views.printable import in_one_line
from alo_nb.views.signature import COLUMN_HEADS, SHOWN, column_heads, column_rows
from alo_nb.views.thumbnail import is_picture, thumbnail

ROWS, COLUMNS, LINES, ITEMS = 5, 12, 20, 30  # shown of a table, of a text, and of a list or an object
CELL, WIDTH = 40, 120  # characters of a cell, and of a line or of a value that has a line of its own
SAMPLE, BINS = 4_096, 24  # numbers of an array that are looked at, and what they are counted in
_BARS = "▁▂▃▄▅▆▇█"
_MODELS = ("sklearn", "lightgbm", "xgboost", "catboost")
_ITEM_HEADS = ("name", "type", "value")


def value_card(head: str, facts: Iterable[tuple[str, str]], value: Any, signature: Mapping[str, Any]) -> Card:
    """Return a value below a head and facts.

    Parameters
    ----------
    signature : mapping
        What was recorded of it (`alo_nb.handover.signature`); it is made anew when there is none.
    """
    return facts_card(head, [*facts, *_facts(value)], *_parts(value, signature))


def _facts(value: Any) -> list[tuple[str, str]]:
    if _is(value, "numpy", "ndarray"):
        return [*_array_facts(value)]
    if library_of(type(value)) in _MODELS:
        return [(tr("class"), f"{type(value).__module__}.{type_name(value)}")]
    if is_really(value, (str,)):
        return [(tr("length"), f"{str.__len__(value)}")]
    return []


def _parts(value: Any, signature: Mapping[str, Any]) -> Iterator[Card]:
    if _is(value, "pandas", "DataFrame"):
        yield _frame(value)
        yield columns_card(_with_dates(value, signature or signature_of(value)))
    elif _is(value, "pandas", "Series"):
        yield _frame(value.to_frame())
    elif _is(value, "numpy", "ndarray"):
        yield _array(value)
    elif library_of(type(value)) == "PIL":
        yield _image(value)
    elif library_of(type(value)) in _MODELS:
        yield from _model(value)
    elif is_really(value, (str,)):
        yield text_card(str.__str__(value))
    elif is_really(value, (dict,)):
        yield _items(islice(dict.items(value), ITEMS), dict.__len__(value))
    elif type(value) in {list, tuple}:
        yield _items(enumerate(value[:ITEMS]), len(value))
    else:
        yield plain_card(short_text(value, redact))


def text_card(text: str) -> Card:
    """Return the first lines of a text, what holds secrets masked."""
    lines = hidden_text(text[: 4 * LINES * WIDTH], redact).splitlines()
    shown = [cut(each, WIDTH) for each in lines[:LINES]]
    more = ["…"] if len(lines) > LINES or len(text) > 4 * LINES * WIDTH else []
    return plain_card("\n".join([*shown, *more]))


def columns_card(signature: Mapping[str, Any]) -> Card:
    """Return the columns of a table with type, nulls and range, as a signature has them."""
    return table_card([*column_rows(signature)], COLUMN_HEADS, column_heads())


# Tables --------------------------------------------------------------------------------------------------------------


def _frame(frame: Any) -> Card:
    """Return the first rows and columns of a table."""
    head = frame.iloc[:ROWS, :COLUMNS]
    names = [*_distinct(_label(each) for each in head.columns)]
    columns = [[*_cells(name, head.iloc[:, number])] for number, name in enumerate(names)]
    rows: list[dict[str, object]] = [
        {"": _label(label), **{name: column[at] for name, column in zip(names, columns, strict=True)}}
        for at, label in enumerate(head.index)
    ]
    width = frame.shape[1]
    return _grid(rows, names, width)


def _grid(rows: Sequence[Mapping[str, object]], names: Sequence[str], width: int) -> Card:
    """Return rows below their names; of a table of `width` columns, which may have more of them."""
    more = {"…": "…"} if width > COLUMNS else {}
    return table_card([{**row, **more} for row in rows], ("", *names, *more))


def _with_dates(frame: Any, signature: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a signature with the ranges of dates and durations, which a record does not have."""
    columns = {
        name: {**about, **_dates(name, frame, number)} if number < SHOWN else about
        for number, (name, about) in enumerate(signature.get("columns", {}).items())
    }
    return {**signature, "columns": columns} if columns else signature


def _dates(name: str, frame: Any, number: int) -> dict[str, str]:
    dtype = frame.dtypes.iloc[number]
    if library_of(type(dtype)) not in {"numpy", "pandas"} or dtype.kind not in "mM" or is_secret_name(name):
        return {}
    sample = frame.iloc[:: max(1, -(-len(frame) // CELLS)), number]
    ends = {"min": sample.min(), "max": sample.max()}
    return {each: _cell(end) for each, end in ends.items()} if sample.notna().any() else {}


def _cells(name: str, column: Any) -> Iterator[str]:
    for value in column.array:
        yield "***" if is_secret(name, value) or is_secret_name(name) else _cell(value)


def _cell(value: Any) -> str:
    if is_really(value, (float,)):
        return number_text(value)
    text = str.__str__(value) if is_really(value, (str,)) else short_text(value, redact)
    return cut(in_one_line(hidden_text(text, redact), 4 * CELL), CELL)


def _label(label: Any) -> str:
    """Return the name of a row or column: of a text itself, of anything else what it looks like."""
    return _cell(label)


def _distinct(names: Iterable[str]) -> Iterator[str]:
    met: dict[str, int] = {}
    for name in names:
        met[name] = met.get(name, 0) + 1
        yield name if met[name] == 1 and name else f"{name} ({met[name]})"


# Arrays and pictures -------------------------------------------------------------------------------------------------


def _array_facts(array: Any) -> Iterator[tuple[str, str]]:
    yield tr("shape"), "x".join(map(str, array.shape)) or "()"
    yield tr("dtype"), str(array.dtype)
    if array.dtype.kind not in "iufbmM" or not array.size:
        return
    numpy, sample = sys.modules["numpy"], _sample(array)
    if array.dtype.kind in "mM":
        yield from _moments(sample[~numpy.isnat(sample)])
        return
    finite = sample[numpy.isfinite(sample)].astype(float)
    looked = "" if sample.size == array.size else tr(" (of {count} values)", count=sample.size)
    if finite.size < sample.size:
        yield tr("not finite"), f"{sample.size - finite.size}{looked}"
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        yield tr("range"), tr("{low} to {high}", low=number_text(low), high=number_text(high)) + looked
        yield tr("histogram"), _histogram(numpy, finite, low, high)


def _moments(known: Any) -> Iterator[tuple[str, str]]:
    if known.size:
        yield tr("range"), tr("{low} to {high}", low=str(known.min()), high=str(known.max()))


def _sample(array: Any) -> Any:
    """Return at most `SAMPLE` values that lie evenly over an array: no other is read."""
    flat = array.reshape(-1) if array.flags.c_contiguous else array.flat
    return flat[:: max(1, -(-array.size // SAMPLE))]


def _histogram(numpy: Any, values: Any, low: float, high: float) -> str:
    if low == high or not numpy.isfinite(high - low):
        return ""
    counts, _ = numpy.histogram(values, bins=BINS, range=(low, high))
    most = int(counts.max())
    return "".join(_BARS[-(-int(each) * (len(_BARS) - 1) // most)] for each in counts)


def _array(array: Any) -> Card:
    if is_picture(array.shape, str(array.dtype)):
        return Card(tr("[picture]"), thumbnail(array, tr("the array as a picture")))
    if array.ndim == 2 and array.size:
        first_rows = enumerate(array[:ROWS, :COLUMNS])
        names = [str(number) for number in range(min(array.shape[1], COLUMNS))]
        rows = [{"": str(at), **dict(zip(names, map(_cell, _listed(row)), strict=True))} for at, row in first_rows]
        return _grid(rows, names, array.shape[1])
    first = short_text(array, redact)
    return plain_card(first.partition(": ")[2] or first)


def _listed(row: Any) -> list[Any]:
    """Return the values of a row; as a list it has no words for nanoseconds."""
    return [*row] if row.dtype.kind in "mM" else [*row.tolist()]


def _image(image: Any) -> Card:
    """Return a picture of Pillow, which is there when its pickle could be read."""
    numpy = sys.modules.get("numpy")
    pixels = numpy.asarray(image.convert("RGB")) if numpy is not None else None
    if pixels is None or not is_picture(pixels.shape, str(pixels.dtype)):
        return plain_card(f"{image.width}x{image.height} {image.mode}")
    text = f"{image.width}x{image.height} {image.mode}"
    return Card(text, thumbnail(pixels, text))


# Models and containers -----------------------------------------------------------------------------------------------


def _model(model: Any) -> Iterator[Card]:
    """Yield the parameters of a model, and what fitting it has left: scikit-learn ends those names with a ``_``."""
    held = {name: value for name, value in attributes(model).items() if type(name) is str and name[:1] != "_"}
    parameters = {name: value for name, value in held.items() if not name.endswith("_")}
    fitted = {name: value for name, value in held.items() if name.endswith("_")}
    for heading, values in ((tr("parameter"), parameters), (tr("fitted"), fitted)):
        rows = [{heading: name, "value": _value(name, value)} for name, value in islice(values.items(), ITEMS)]
        yield table_card(rows, (heading, "value"), (heading, tr("value")))


def _items(items: Iterable[tuple[Any, Any]], count: int) -> Card:
    rows: list[dict[str, object]] = [
        {"name": _label(name), "type": type_name(value), "value": _value(name, value)} for name, value in items
    ]
    if count > len(rows):
        rows.append({"name": tr("and {count} more", count=count - len(rows))})
    return table_card(rows, _ITEM_HEADS, (tr("name"), tr("type"), tr("value")))


def _value(name: Any, value: Any) -> str:
    return "***" if is_secret(name, value) else cut(in_one_line(short_text(value, redact)), WIDTH)


def _is(value: Any, module: str, name: str) -> bool:
    """Tell whether a value is of a library's class and of no class below it, which may do anything."""
    return type(value) is getattr(sys.modules.get(module), name, None)
