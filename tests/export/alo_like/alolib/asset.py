"""As much of ALO's library as an exported step can meet: `Asset` in memory mode, with the rules of ALO 2.6."""

import functools
from pathlib import Path


class AssetStructure:
    def __init__(self, envs, args, data, config):
        self.envs, self.args, self.data, self.config = envs, args, data, config


class Asset:
    def __init__(self, asset_structure):
        self.asset = self
        self._given = asset_structure
        self._saved = {"data": [], "config": []}

    @staticmethod
    def decorator_run(run):
        @functools.wraps(run)
        def checked(self, *args, **kwargs):
            run(self, *args, **kwargs)
            for kind, calls in self._saved.items():
                assert len(calls) == 1, f"save_{kind} was called {len(calls)} times"
                lost = set(getattr(self._given, kind)) - set(calls[0])
                assert not lost, f"keys of {kind} were deleted: {lost}"
            return self._saved["data"][0], self._saved["config"][0]

        return checked

    def load_args(self):
        return dict(self._given.args)

    def check_args(self, arg_key, is_required=False, default="", chng_type="str"):
        value = self._given.args[arg_key] if is_required else self._given.args.get(arg_key)
        value = default if value is None and not is_required else value
        kinds = {"str": str, "int": int, "float": float, "bool": bool, "list": lambda each: [each]}
        return value if isinstance(value, list) else kinds[chng_type.lower()](value)

    def load_data(self):
        assert self._given.data, "there is no data in the first step"
        return self._given.data

    def load_config(self):
        return self._given.config

    def save_data(self, data):
        self._saved["data"].append(dict(data))

    def save_config(self, config):
        self._saved["config"].append(dict(config))

    def save_summary(self, result, score, note="", probability=None):
        assert len(result) <= 32
        assert len(note) <= 128
        assert 0 <= score <= 1
        Path(self._path("score"), "summary.txt").write_text(f"{result}\n{score}\n{note}\n{probability}\n")

    def save_info(self, msg, show=False):
        assert isinstance(msg, str)

    def get_input_path(self):
        return self._given.envs["input"]

    def get_model_path(self):
        step = "".join(each for each in self._given.envs["step"] if each.isalpha() or each == "_")
        return self._folder(Path("train_artifacts", "models", "train" if step == "inference" else step))

    def get_output_path(self):
        return self._path("output")

    def get_report_path(self):
        return self._path("report")

    def _path(self, name):
        return self._folder(Path(f"{self._given.envs['pipeline'].partition('_')[0]}_artifacts", name))

    def _folder(self, path):
        path.mkdir(parents=True, exist_ok=True)
        return f"{path.resolve()}/"
