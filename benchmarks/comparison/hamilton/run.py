import logging
import sys

import steps
from hamilton import driver

logging.basicConfig(format="%(message)s")
logging.getLogger("hamilton.caching").setLevel(logging.INFO)
dr = driver.Builder().with_modules(steps).with_cache().build()
print(dr.execute(["accuracy"], inputs={"path": "passengers.csv", "C": float(sys.argv[1])}))
