# -*- coding: utf-8 -*-
import os
import sys
from alolib.asset import Asset

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
from reader import read_folder


class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.args = self.asset.load_args()
        self.config = self.asset.load_config()

    @Asset.decorator_run
    def run(self):
        table = read_folder(self.asset.get_input_path())
        self.asset.save_info(f"{len(table)} measurements", show=True)
        self.config["x_columns"] = self.args["x_columns"]
        self.asset.save_data({"table": table})
        self.asset.save_config(self.config)


if __name__ == "__main__":
    ua = UserAsset(envs={}, argv={}, data={}, config={})
    ua.run()
