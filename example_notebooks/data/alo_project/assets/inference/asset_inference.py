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
        with open(self.asset.get_model_path() + "limits.json") as file:
            limits = json.load(file)
        table = self.data["table"]
        odd = [(table[name] - mean).abs() > width for name, (mean, width) in limits.items()]
        table["is_odd"] = sum(odd) > 0
        table.to_csv(self.asset.get_output_path() + "output.csv", index=False)
        share = float(table["is_odd"].mean())
        self.asset.save_summary(
            result="NG" if share else "OK", score=1 - share, note=f"{int(table['is_odd'].sum())} of {len(table)} are odd"
        )
        self.asset.save_data(self.data)
        self.asset.save_config(self.config)
