"""The registration of a solution (AI 등록), as far as it goes without LG's servers: checks, and a bundle to hand on."""

from __future__ import annotations

from alo_nb.registration.examine import Examination, examine
from alo_nb.registration.info import SolutionInfo
from alo_nb.registration.write import NEXT_STEPS, Bundle, BundledFile, write_bundle

__all__ = ["NEXT_STEPS", "Bundle", "BundledFile", "Examination", "SolutionInfo", "examine", "write_bundle"]
