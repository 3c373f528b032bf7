import glob

import pandas as pd


def read_folder(folder):
    paths = sorted(glob.glob(folder + "**/*.csv", recursive=True))
    return pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
