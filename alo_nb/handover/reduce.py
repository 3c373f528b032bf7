"""What arrays and tables are pickled as: plain memory that the next step can write to, and a large table by column."""

from __future__ import annotations

import copyreg
import sys
from collections.abc import Sequence
from typing import Any

ROWS = 1 << 19  # from which on the columns of a table are kept apart, so that one that stays the same is kept once
COLUMNS = 64  # up to which that is done: pandas warns of tables in more than 100 pieces
_ENDS = 64  # bytes at the ends of Arrow's buffers that it does not count


def reduced(obj: Any) -> Any:
    """Return what pickle is to write for an object, as `__reduce__` does; NotImplemented to let it be."""
    kind = type(obj)
    if kind.__module__ == "numpy" and kind.__qualname__ in ("ndarray", "memmap"):
        return _array(obj)
    if kind is getattr(sys.modules.get("pandas"), "DataFrame", None):
        return _frame(obj)
    if kind is getattr(sys.modules.get("pandas"), "ArrowDtype", None):
        return kind, (obj.pyarrow_dtype,)  # without what pandas has looked up about it
    known = getattr(obj, "__dict__", ())
    if hasattr(kind, "_from_sequence") and "_pa_array" in known:
        return _arrow(obj)
    if hasattr(kind, "_from_sequence") and "_cache" in known:
        del obj._cache  # what pandas has looked up about an extension array and finds again; not its value
    return NotImplemented


# Arrays -------------------------------------------------------------------------------------------------------------


def _array(array: Any) -> Any:
    """Return an array as what it holds: one with gaps, that cannot be written to or lies in a file, as its copy."""
    import numpy as np

    if type(array) is np.memmap:
        array = array.view(np.ndarray)
    if not array.flags.forc:
        return array.copy(order="A").__reduce_ex__(5)
    if not array.flags.writeable:
        return _writable(array).__reduce_ex__(5)
    return array.__reduce_ex__(5)


def _writable(array: Any) -> Any:
    """Return an array that may be pickled as one that can be written to, without a copy where its memory is plain."""
    import numpy as np

    return np.asarray(_Shown(array)) if array.dtype.kind in "biufc" and array.size else array.copy(order="A")


class _Shown:
    """Shows the memory of an array as if it could be written to. Nobody does: it is only pickled."""

    def __init__(self, array: Any) -> None:
        self._array = array  # keeps the memory
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def _arrow(array: Any) -> Any:
    """Return an array of pandas in Arrow's memory as pandas writes it, but without a copy where it is in one piece."""
    chunks = array._pa_array.chunks
    if len(chunks) != 1 or chunks[0].get_total_buffer_size() - chunks[0].nbytes > _ENDS:  # a part of something larger
        return NotImplemented
    state = {**vars(array), "_pa_array": _without_mask(chunks[0]), "_cache": {}}
    return copyreg.__newobj__, (type(array),), state  # type: ignore[attr-defined]


def _without_mask(chunk: Any) -> Any:
    """Return a chunk in which nothing is missing without the bits that say so: as it is after it has been read."""
    import pyarrow as pa

    mask, *buffers = chunk.buffers()
    is_flat = chunk.type.num_fields == 0 and not pa.types.is_dictionary(chunk.type)
    if mask is None or chunk.null_count or not is_flat or isinstance(chunk, pa.ExtensionArray):
        return chunk
    return pa.Array.from_buffers(chunk.type, len(chunk), [None, *buffers], null_count=0, offset=chunk.offset)


# Tables -------------------------------------------------------------------------------------------------------------


def _frame(frame: Any) -> Any:
    """Return a large table as its columns, without a copy; NotImplemented where that would take one."""
    import pandas as pd

    if len(frame) < ROWS or not 1 < frame.shape[1] <= COLUMNS or not hasattr(pd.api, "internals"):
        return NotImplemented
    columns = [_column(frame.iloc[:, number]) for number in range(frame.shape[1])]
    if any(column is None for column in columns):
        return NotImplemented
    return joined, (columns, frame.index, frame.columns, frame.attrs, frame.flags.allows_duplicate_labels)


def _column(column: Any) -> Any:
    """Return the array of a column as pandas keeps it; None when its values do not stand one after the other."""
    import numpy as np

    if not isinstance(column.dtype, np.dtype) or column.dtype.kind in "mM":
        return column.array
    values = column.to_numpy(copy=False)
    return values.reshape(1, -1) if values.flags.c_contiguous else None


def joined(columns: Sequence[Any], index: Any, names: Any, attrs: dict[Any, Any], allows_duplicates: bool) -> Any:
    """Return the table of these columns, which it takes as they are. Pickles of tables call it."""
    import numpy as np
    from pandas.api.internals import create_dataframe_from_blocks

    blocks = [(column, np.array([number])) for number, column in enumerate(columns)]
    frame = create_dataframe_from_blocks(blocks, index=index, columns=names)
    frame.attrs = attrs
    frame.flags.allows_duplicate_labels = allows_duplicates
    return frame
