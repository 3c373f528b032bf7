"""One digest for all files of a folder."""

from __future__ import annotations

from pathlib import Path


def folder_digest(folder: Path) -> str:
    """Return ``b3:<hex>`` of the regular files below `folder`: relative names, sizes and content, by name."""
    from blake3 import blake3

    whole = blake3()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = blake3().update_mmap(path).digest()
        name = path.relative_to(folder).as_posix().encode(errors="surrogateescape")
        whole.update(len(name).to_bytes(8, "little") + name + path.stat().st_size.to_bytes(8, "little") + content)
    return f"b3:{whole.hexdigest()}"
