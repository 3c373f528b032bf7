"""What lets code written for ALO run as it is: ``import alolib``, classes of ALO 1 and 2, functions of ALO 3."""

from alo_nb.compat.alolib import alolib_modules
from alo_nb.compat.neighbours import forget_modules, neighbours
from alo_nb.compat.run import run_asset_class

__all__ = ["alolib_modules", "forget_modules", "neighbours", "run_asset_class"]
