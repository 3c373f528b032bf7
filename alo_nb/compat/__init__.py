"""What lets asset files written for ALO run as they are: ``import alolib``, and the shapes of older ALO versions."""

from alo_nb.compat.alolib import alolib_modules
from alo_nb.compat.neighbours import neighbours
from alo_nb.compat.run import run_asset_class

__all__ = ["alolib_modules", "neighbours", "run_asset_class"]
