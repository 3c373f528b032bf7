"""``python -m alo_nb``: the same as ``alo-nb``."""

import sys

from alo_nb.headless.cli import main

if __name__ == "__main__":
    sys.exit(main())
