"""What is known to change nothing it is given: curated names, each by the library's own documentation.

A name that is missing here costs a cut; a name that is here wrongly costs a result. So whatever may write into an
argument (``out=``, ``copy=False``, ``inplace=True``), call a function it is given, or remember something, is missing.
"""

# ruff: noqa: E501 (long tables of names)

from __future__ import annotations

# Builtins: they ask their arguments for numbers and texts.
PLAIN = frozenset(
    {
        *("abs", "all", "any", "bool", "chr", "complex", "divmod", "float", "hasattr", "hash", "int", "isinstance"),
        *("issubclass", "len", "max", "min", "ord", "pow", "print", "range", "repr", "round", "str", "sum", "bytes"),
        *("format", "display", "bin", "hex", "oct", "ascii", "callable"),
    }
)
# Builtins that put what they are given into a new list, dict or set.
BOXES = frozenset({"dict", "enumerate", "frozenset", "list", "reversed", "set", "sorted", "tuple", "zip"})

# Functions of modules that know numbers, texts and files only, and hold nothing back.
PLAIN_MODULES = (
    "math",
    "statistics",
    "os.path",
    "time",
    "datetime",
    "re.sub",
    "re.match",
    "json.dumps",
    "pathlib.Path",
)
PLAIN_FUNCTIONS = frozenset(
    {"os.makedirs", "os.listdir", "os.getcwd", "os.cpu_count", "random.random", "random.randint"}
)

# numpy: a new array each time, and the number of arguments in front of `out`.
NUMPY_FRESH = {
    **dict.fromkeys(
        [
            "sin",
            "cos",
            "tan",
            "exp",
            "expm1",
            "log",
            "log1p",
            "log2",
            "log10",
            "sqrt",
            "square",
            "abs",
            "absolute",
            "sign",
            "floor",
            "ceil",
            "isnan",
            "isfinite",
            "tanh",
        ],
        1,
    ),
    **dict.fromkeys(
        ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "hypot", "dot", "matmul", "mod"], 2
    ),
    **dict.fromkeys(["where", "bincount"], 3),
    **dict.fromkeys(["zeros", "ones", "empty", "eye", "identity", "full", "arange", "linspace", "logspace"], 4),
    **dict.fromkeys(
        [
            "vstack",
            "hstack",
            "column_stack",
            "flatnonzero",
            "argsort",
            "sort",
            "unique",
            "isin",
            "corrcoef",
            "cov",
            "diff",
        ],
        1,
    ),
    **dict.fromkeys(
        [
            "sum",
            "mean",
            "std",
            "var",
            "median",
            "min",
            "max",
            "argmin",
            "argmax",
            "cumsum",
            "prod",
            "concatenate",
            "stack",
        ],
        2,
    ),
    **dict.fromkeys(
        ["random.rand", "random.randn", "random.randint", "random.normal", "random.random", "random.uniform"], 4
    ),
    **dict.fromkeys(
        [
            "percentile",
            "quantile",
            "allclose",
            "array_equal",
            "histogram",
            "count_nonzero",
            "interp",
            "polyfit",
            "polyval",
        ],
        3,
    ),
}
# pandas: a new table each time; the cells come from the arguments. `read_json` and the like may put lists into cells.
PANDAS_FRESH = frozenset(
    {
        *("concat", "merge", "get_dummies", "to_datetime", "to_numeric", "to_timedelta", "date_range", "cut", "qcut"),
        *("crosstab", "isna", "isnull", "notna", "period_range", "read_csv", "read_table", "read_excel", "read_fwf"),
    }
)
# Methods of arrays and tables that give a new one. A second argument may be `out`, so one that is an array is refused.
DATA_FRESH = frozenset(
    {
        *["sum", "mean", "std", "var", "min", "max", "median", "quantile", "count", "nunique", "any", "all", "round", "cumsum", "prod", "argmax", "argmin", "idxmax", "idxmin", "argsort", "abs", "dot", "corr", "cov", "diff", "shift", "pct_change", "rank", "clip", "mode", "sem", "skew", "kurt"],
        *["tolist", "to_list", "flatten", "nonzero", "item", "unique", "value_counts", "isna", "isnull", "notna", "notnull", "isin", "between", "duplicated", "drop_duplicates", "dropna", "fillna", "ffill", "bfill", "interpolate", "describe", "info", "memory_usage"],
        *["sort_values", "nlargest", "nsmallest", "merge", "get_dummies", "to_dict", "to_csv", "to_string", "size", "lower", "upper", "strip", "map", "replace", "contains", "startswith", "endswith", "len", "day_name", "to_period", "strftime"],
        *["plot", "hist", "bar", "barh", "line", "scatter", "pie", "box", "boxplot"],
    }
)  # fmt: skip
# Methods that may give a view: the result counts as the same array or table.
DATA_VIEWS = frozenset(
    [
        "reshape",
        "ravel",
        "view",
        "transpose",
        "squeeze",
        "swapaxes",
        "to_numpy",
        "astype",
        "to_frame",
        "groupby",
        "rolling",
        "resample",
        "expanding",
        "head",
        "tail",
        "sample",
        "get_group",
        "set_index",
        "reset_index",
        "rename",
        "set_axis",
        "reindex",
        "drop",
        "copy",
        "query",
        "eval",
        "filter",
        "assign",
        "stack",
        "unstack",
        "pivot",
        "pivot_table",
        "melt",
        "sort_index",
        "items",
        "keys",
        "tz_localize",
        "tz_convert",
        "select_dtypes",
        "where",
        "mask",
        "xs",
        "join",
    ]
)
# Arguments with which the above call back, or change what they are called on.
CHANGING_ARGUMENTS = frozenset({"out", "inplace", "copy", "where", "overwrite_x", "buf", "con", "converters", "key"})

# scikit-learn's estimators keep to its rules: `fit` changes the estimator alone, all else changes nothing.
MODEL_PURE = frozenset(
    {
        *("predict", "predict_proba", "predict_log_proba", "decision_function", "score", "transform"),
        *("inverse_transform", "get_feature_names_out"),
    }
)
MODEL_FIT = frozenset({"fit", "fit_transform", "fit_predict", "partial_fit"})

# numpy's generators: each draw changes the generator, and gives numbers of its own. `shuffle` is missing for a reason.
RANDOM = frozenset(
    [
        "integers",
        "random",
        "normal",
        "uniform",
        "standard_normal",
        "choice",
        "permutation",
        "poisson",
        "binomial",
        "exponential",
        "gamma",
        "beta",
    ]
)

# Methods of the lists, dicts and sets that the code itself makes: those that only read, and those that write.
BOX_READS = frozenset(
    {"copy", "get", "items", "keys", "values", "index", "count", "union", "intersection", "difference"}
)
BOX_WRITES = frozenset(
    {
        *("add", "append", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault"),
        *("sort", "update"),
    }
)
NANS = frozenset({"numpy.nan", "numpy.NaN", "numpy.NAN", "math.nan", "pandas.NA", "pandas.NaT"})
