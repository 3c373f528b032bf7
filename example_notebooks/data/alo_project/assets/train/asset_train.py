# -*- coding: utf-8 -*-
import json

from alolib.asset import Asset


class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.data = self.asset.load_data()
        self.config = self.asset.load_config()

    @Asset.decorator_run
    def run(self):
        table, columns = self.data["table"], self.config["x_columns"]
        width = self.asset.check_args("width", chng_type="float", default=3.0)
        limits = {name: [float(table[name].mean()), width * float(table[name].std())] for name in columns}
        with open(self.asset.get_model_path() + "limits.json", "w") as file:
            json.dump(limits, file)
        self.asset.save_data(self.data)
        self.asset.save_config(self.config)
