"""How one step gives data to the next: encode once, keep the bytes in memory or in files, decode for each reader."""

from alo_nb.handover.channel import Channel
from alo_nb.handover.interface import FileInterface, Interface, MemoryInterface

__all__ = ["Channel", "FileInterface", "Interface", "MemoryInterface"]
