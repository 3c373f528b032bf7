"""What calls do, told by their usual names: what they change, what they give a part of, what cannot be handed on.

The tables err on the side of the careful: a name in the wrong one closes a cut that could have been.
"""

from __future__ import annotations

import re

# Methods ------------------------------------------------------------------------------------------------------------

ADD = frozenset({"add", "append", "appendleft", "extend", "extendleft", "insert", "put", "setdefault", "update"})
CHANGE = ADD | {
    *("clear", "discard", "pop", "popitem", "popleft", "remove", "reverse", "rotate", "sort", "subtract"),
    *("difference_update", "intersection_update", "symmetric_difference_update", "fill", "itemset", "resize"),
    *("shuffle", "step", "backward", "zero_grad", "set_params", "setflags", "load_state_dict", "load_weights"),
    *("compile", "add_module", "register_buffer", "seed", "readline", "read", "write", "send", "commit", "execute"),
}
FIT = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit", "train", "eval", "cuda", "to"})
PARTS = frozenset({"get", "item", "next", "pop", "popitem", "popleft", "setdefault"})
VIEWS = frozenset(
    {
        *("reshape", "ravel", "view", "transpose", "squeeze", "swapaxes", "to_numpy", "astype", "items", "keys"),
        *("values", "groupby", "rolling", "resample", "expanding", "parameters", "named_parameters", "state_dict"),
        *("children", "modules", "get_params", "head", "tail", "loc", "pipe", "get_group"),
        *("set_index", "rename", "set_axis", "reindex", "iter", "detach", "numpy"),
    }
)
_SHOWS = re.compile(
    r"(to_|plot|show|print|display|describe|info|head|tail|sample|hist|box|scatter|bar|summary|value_counts|savefig|save"
    r"|dump|log|set_title|set_x|set_y|legend|corr|memory_usage|count|mean|sum|nunique|unique|isna|isnull|predict|score"
    r"|transform|groupby|query|nlargest|nsmallest|sort_values|sort_index|reset_index|shape|dtypes|agg|pivot|crosstab"
    r"|heatmap|text|axis|grid|title|xlabel|ylabel|tight_layout|style|warning|debug|error|exists|mkdir|close|strip|format"
    r"|median|std|min|max|quantile|round|render|write_text|write_bytes)"
)
INDEXERS = frozenset({"at", "iat", "iloc", "loc"})
INTERFACES = frozenset({"T", "values", "array", "flat", "real", "imag"})

# Functions ------------------------------------------------------------------------------------------------------------

PLAIN = frozenset(
    {
        *("abs", "bool", "chr", "float", "format", "hash", "id", "int", "isinstance", "len", "ord", "repr", "round"),
        *("str", "type", "print", "range", "hasattr", "issubclass", "callable", "input", "sum"),
    }
)
GATHER = frozenset({"dict", "frozenset", "list", "max", "min", "next", "set", "sorted", "tuple", "getattr", "Counter"})
ITERATORS = frozenset({"enumerate", "filter", "iter", "map", "reversed", "zip", "cycle", "chain", "islice", "tqdm"})
CHANGE_FIRST = frozenset(
    {
        *("shuffle", "heappush", "heappop", "heapify", "heapreplace", "insort", "insort_left", "insort_right"),
        *("setattr", "delattr", "fill_diagonal", "put", "place", "copyto", "put_along_axis", "next", "setitem"),
        "delitem",
    }
)
GIVE_VIEWS = frozenset({"asarray", "asanyarray", "atleast_1d", "atleast_2d", "broadcast_to", "from_numpy", "copy"}) | {
    *("ravel", "reshape", "squeeze", "swapaxes", "transpose", "expand_dims", "partial", "defaultdict", "cast", "concat")
}
STATEFUL = frozenset({"default_rng", "RandomState", "Random", "Generator", "count", "cycle"})
QUIET_MODULES = frozenset(
    {
        *("plt", "sns", "os", "shutil", "json", "pickle", "joblib", "logging", "warnings", "gc", "time", "sys", "px"),
        *("matplotlib", "seaborn", "np", "numpy", "random", "math"),
    }
)


def only_shows(name: str) -> bool:
    """Tell whether a call that nobody takes the result of shows or writes something and changes nothing it is given."""
    return bool(_SHOWS.match(name))


def is_class_name(name: str) -> bool:
    """Tell whether a name is spelled like a class: what is made of it may hold what it was given."""
    return bool(re.match(r"_?[A-Z]", name))


# What cannot be handed on -------------------------------------------------------------------------------------------

GENERATOR = "a generator, which can be read once and cannot be copied"
LAMBDA = "a lambda"
CLOSURE = "a function made inside a function"
ITERATOR = "an iterator, which can be read once"
OPEN_FILE = "an open file"
CONNECTION = "a connection"
RUNNING = "something that runs or is locked"
FIGURE = "a figure, which the library that draws keeps for itself"
FOLDER = "a temporary file or folder, which goes with the step"

DO = {
    GENERATOR: "make a list of it, or make it in the step that reads it",
    LAMBDA: "write it as `def NAME(...):`; a function comes along into every step",
    CLOSURE: "write it as a function of its own, or a class",
    ITERATOR: "make a list of it, or make it in the step that reads it",
    OPEN_FILE: "hand on the path, and open the file in the step that reads it",
    CONNECTION: "hand on the address or what was read, and connect in the step that needs it",
    RUNNING: "make it in the step that needs it",
    FIGURE: "draw, save and show it in one step",
    FOLDER: "hand on what is in it",
}

_FRAIL = (
    (OPEN_FILE, r"open|fdopen|TextIOWrapper|ZipFile|TarFile|File|HDFStore|ExcelWriter|ExcelFile|memmap"),
    (
        CONNECTION,
        r"\w*connect\w*|cursor|create_engine|MongoClient|Redis|\w*Session|\w*Client|socket|urlopen|getOrCreate",
    ),
    (RUNNING, r"R?Lock|Thread|Process|Popen|Pool|\w+PoolExecutor|Queue|Event|Condition|Semaphore|ref|local|ContextVar"),
    (FIGURE, r"figure|subplots|subplot|gca|gcf|axes|Figure|FacetGrid|PairGrid|JointGrid|\w*plot|hist"),
    (FOLDER, r"TemporaryDirectory|NamedTemporaryFile|TemporaryFile|SpooledTemporaryFile"),
    (ITERATOR, r"tqdm|trange|reader|DictReader|writer|DictWriter|scandir|iglob|finditer|iterrows|itertuples"),
)
_FRAIL_METHODS = dict.fromkeys(("iterdir", "glob", "rglob", "iterrows", "itertuples", "scandir"), ITERATOR)
_FRAIL_NAMES = [(what, re.compile(f"(?:{names})$")) for what, names in _FRAIL]


def frail(name: str) -> str:
    """Return what a call of this name gives that cannot be handed on to another step; empty for all else."""
    return next((what for what, names in _FRAIL_NAMES if names.match(name)), "")


def frail_method(name: str) -> str:
    """Return the same for a method: ``Path.glob`` gives an iterator where ``glob.glob`` gives a list."""
    return _FRAIL_METHODS.get(name) or frail(name)


_FRAIL_TYPES = {
    "generator": GENERATOR,
    "async_generator": GENERATOR,
    "TextIOWrapper": OPEN_FILE,
    "BufferedReader": OPEN_FILE,
    "BufferedWriter": OPEN_FILE,
    "FileIO": OPEN_FILE,
    "Connection": CONNECTION,
    "Cursor": CONNECTION,
    "Engine": CONNECTION,
    "socket": CONNECTION,
    "lock": RUNNING,
    "RLock": RUNNING,
    "Thread": RUNNING,
    "Popen": RUNNING,
    "module": "a module",
    "map": ITERATOR,
    "filter": ITERATOR,
    "zip": ITERATOR,
    "enumerate": ITERATOR,
    "Figure": FIGURE,
    "Axes": FIGURE,
}
DO["a module"] = "import it in a statement of its own"


def frail_type(name: str) -> str:
    """Return the same for the type that a value has in a live kernel."""
    return _FRAIL_TYPES.get(name, "")
