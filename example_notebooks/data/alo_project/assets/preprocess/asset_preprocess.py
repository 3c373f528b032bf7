# -*- coding: utf-8 -*-
from alolib.asset import Asset


class UserAsset(Asset):
    def __init__(self, asset_structure):
        super().__init__(asset_structure)
        self.data = self.asset.load_data()
        self.config = self.asset.load_config()

    @Asset.decorator_run
    def run(self):
        method = self.asset.check_args("handling_missing", default="median")
        columns = self.config["x_columns"]
        table = self.data["table"]
        table[columns] = table[columns].fillna(getattr(table[columns], method)())
        self.data["table"] = table
        self.asset.save_data(self.data)
        self.asset.save_config(self.config)
