from __future__ import annotations

import gzip
import io
import os
import random
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alo_nb.errors import SourceError
from alo_nb.external import archives
from alo_nb.external.archives import Limits, read_archive, write_archive
from alo_nb.external.names import RESERVED, UNPRINTABLE, folded

KINDS = (".tar.gz", ".zip")


def tree(folder):
    """Every file below a folder with its bytes."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def filled(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def unpack(tmp_path):
    """Unpacks an archive to ``new``; checks that a refusal leaves nothing there and nothing beside it."""
    place = tmp_path / "place" / "deep"
    sentinel = filled(tmp_path / "place", {"sentinel": "as it was", "deep/sentinel": "too"})

    def call(path, **named):
        before = sorted(tmp_path.rglob("*"))
        try:
            names = read_archive(path, place / "new", **named)
        except SourceError:
            assert sorted(tmp_path.rglob("*")) == before
            assert tree(sentinel) == {"sentinel": b"as it was", "deep/sentinel": b"too"}
            raise
        assert [each.name for each in sorted(place.iterdir())] == ["new", "sentinel"]
        assert sorted(tree(place / "new")) == list(names)
        return tree(place / "new")

    return call


def refused(unpack, path, **named):
    with pytest.raises(SourceError) as caught:
        unpack(path, **named)
    error = caught.value
    assert error.what.startswith(f"{path.name} cannot be unpacked: ")
    assert "\n" not in error.what
    assert error.where == str(path)
    assert error.do
    return error


# -- both ways -------------------------------------------------------------------------------------------------------


def test_members_keep_their_path_so_that_no_model_takes_the_place_of_another(tmp_path, unpack, kind):
    """ALO 2.6 packs ``models/train/models/v1/w.bin`` and ``models/extra/models/v1/w.bin`` both as ``v1/w.bin``."""
    files = {
        "models/train/models/v1/w.bin": "1",
        "models/extra/models/v1/w.bin": "2",
        "models/models": "3",
        "log/process.log": "4",
        "한글 이름/결과 (1).csv": "5",
        ".hidden/a=b,c+d@e#f%g:h": "6",
        "x" * 120 + "/" + "y" * 200: "7",
        "가" * 80 + "/" + "나" * 80: "8",
        "empty": "",
    }
    folder = filled(tmp_path / "train_artifacts", files)
    (folder / "report").mkdir()
    target = tmp_path / f"a{kind}"
    assert write_archive(folder, target) == tuple(sorted(files))
    assert unpack(target) == {name: text.encode() for name, text in files.items()}


NAME = st.text(
    st.characters(categories=("L", "N", "P", "S"), exclude_characters="/\\"), min_size=1, max_size=12
).filter(lambda name: not UNPRINTABLE.search(name) and not name.endswith(".") and name[1:2] != ":")
PART = st.sampled_from(["models", "train", "v1", "w.bin", "model.tar.gz"]) | NAME
FILES = st.dictionaries(st.lists(PART, min_size=1, max_size=6).map("/".join), st.binary(max_size=300), max_size=12)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(files=FILES, kind=st.sampled_from(KINDS))
def test_what_is_packed_comes_back_whole(files, kind):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "from")
        kept: dict[str, bytes] = {}
        taken: dict[str, str] = {}
        for name, content in files.items():
            parents = [name, *(str(each) for each in list(Path(name).parents)[:-1])]
            clash = any(taken.setdefault(folded(each), each) != each for each in parents)
            if clash or any(RESERVED.fullmatch(each) for each in name.split("/")):
                continue
            if not (folder / name).exists() and not any(each in kept for each in parents):
                kept[name] = content
                filled(folder, {name: content})
        filled(folder, {})
        packed = write_archive(folder, Path(place, f"a{kind}"))
        assert packed == tuple(sorted(kept))
        assert read_archive(Path(place, f"a{kind}"), Path(place, "to")) == packed
        assert tree(Path(place, "to")) == kept


def test_the_same_files_give_the_same_bytes(tmp_path, kind):
    files = {"b/x": "1", "a/y": "2", "c": "3"}
    one, two = filled(tmp_path / "one", files), filled(tmp_path / "two", dict(reversed(files.items())))
    (two / "c").chmod(0o600)
    os.utime(two / "c", (1, 1))
    write_archive(one, tmp_path / f"1{kind}")
    write_archive(two, tmp_path / f"2{kind}")
    assert (tmp_path / f"1{kind}").read_bytes() == (tmp_path / f"2{kind}").read_bytes()
    if kind == ".tar.gz":
        assert (tmp_path / "1.tar.gz").read_bytes()[4:8] == bytes(4), "gzip's own time"


def test_named_members_only_are_packed(tmp_path, kind):
    folder = filled(tmp_path / "a", {"models/train/w": "1", "output/x.csv": "2", "output/y.csv": "3", "log/z": "4"})
    target = tmp_path / f"a{kind}"
    assert write_archive(folder, target, members=["output/x.csv", "./models/", "models/train"]) == (
        "models/train/w",
        "output/x.csv",
    )
    assert write_archive(folder, target, members=[]) == ()
    assert len(write_archive(folder, target, members=["."])) == 4


def test_other_tools_can_read_what_is_packed(tmp_path):
    folder = filled(tmp_path / "a", {"한글/" + "x" * 150: "1", "b": "2"})
    write_archive(folder, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        assert [(each.name, each.mode, each.uid, each.mtime, each.isreg()) for each in tar] == [
            ("b", 0o644, 0, 0, True),
            ("한글/" + "x" * 150, 0o644, 0, 0, True),
        ]
    write_archive(folder, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("b") == b"2"


@pytest.mark.parametrize("size", [0, 5_000_000])
def test_what_packs_too_well_for_the_reader_is_stored_so_that_it_can_be_read(tmp_path, unpack, kind, size):
    folder = filled(tmp_path / "a", {"zeros": bytes(size), "text": "a,b\n" * 1000})
    write_archive(folder, tmp_path / f"a{kind}")
    assert unpack(tmp_path / f"a{kind}") == tree(folder)
    assert ((tmp_path / f"a{kind}").stat().st_size > 5_000_000) is bool(size)


def test_modes_owners_and_times_are_not_taken_over(tmp_path, unpack):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("x")
        info.mode, info.uid, info.mtime = 0o7777, 12345, 1
        tar.addfile(info)
        folder = tarfile.TarInfo("d")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o000
        tar.addfile(folder)
    unpack(tmp_path / "a.tar.gz")
    new = tmp_path / "place" / "deep" / "new"
    (tmp_path / "usual").write_text("")
    assert (new / "x").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert (new / "x").stat().st_uid == os.getuid()
    assert (new / "x").stat().st_mtime > 1
    assert (new / "d").stat().st_mode & 0o700 == 0o700


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_archives_of_other_tools_are_read(tmp_path, unpack, form):
    deep = "d" * 90 + "/" + "e" * 90 if form == tarfile.USTAR_FORMAT else "한글" * 40 + "/" + "e" * 90
    folder = filled(tmp_path / "a", {"train/model.pkl": b"m" * 1000, deep: "2"})
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", format=form, pax_headers={"comment": "x"}) as tar:
        tar.add(folder, arcname=".")
    assert unpack(tmp_path / "a.tar.gz") == tree(folder)


def test_zips_with_folders_and_a_comment_are_read(tmp_path, unpack):
    """ALO 2.6's zip has entries for folders."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.comment = b"made by a tool"
        archive.writestr("output/", "")
        archive.writestr("output/x.csv", "1")
        archive.writestr(zipfile.ZipInfo("empty/"), "")
    assert unpack(tmp_path / "a.zip") == {"output/x.csv": b"1"}
    assert (tmp_path / "place" / "deep" / "new" / "empty").is_dir()


def test_an_empty_folder_is_filled_and_one_with_files_is_not(tmp_path, kind):
    write_archive(filled(tmp_path / "a", {"x": "1"}), tmp_path / f"a{kind}")
    (tmp_path / "new").mkdir()
    read_archive(tmp_path / f"a{kind}", tmp_path / "new")
    with pytest.raises(SourceError, match=r"would be mixed into .*new, which is there"):
        read_archive(tmp_path / f"a{kind}", tmp_path / "new")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SourceError, match=r"would be mixed into .*link, which is there"):
        read_archive(tmp_path / f"a{kind}", tmp_path / "link")
    assert tree(tmp_path / "new") == {"x": b"1"}


# -- refusals to write -----------------------------------------------------------------------------------------------


def bad_link(folder):
    (folder / "bad").symlink_to("good")


def bad_folder_link(folder):
    (folder / "bad").symlink_to(folder.parent)


def bad_pipe(folder):
    os.mkfifo(folder / "bad")


@pytest.mark.parametrize("make", [bad_link, bad_folder_link, bad_pipe])
def test_links_and_devices_are_not_packed_and_not_passed_over(tmp_path, kind, make):
    folder, target = filled(tmp_path / "a", {"good": "1"}), filled(tmp_path, {f"a{kind}": "old"}) / f"a{kind}"
    make(folder)
    with pytest.raises(SourceError) as caught:
        write_archive(folder, target)
    assert caught.value.what == f"a{kind} cannot be written: member 'bad' is a link or no regular file"
    assert caught.value.do == "rename or take out the file, then pack again"
    assert target.read_text() == "old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", f"a{kind}"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (["nothing"], "member 'nothing' does not exist"),
        (["../secret"], "member '../secret' has `..` in its name"),
        (["/etc/passwd"], "member '/etc/passwd' has an absolute path"),
        (["link/secret"], "member 'link/secret' is reached by a link"),
    ],
)
def test_members_outside_of_the_folder_are_not_packed(tmp_path, kind, members, message):
    folder = filled(tmp_path / "a", {"good": "1"})
    filled(tmp_path, {"secret": "2"})
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(SourceError, match="cannot be written: " + message):
        write_archive(folder, tmp_path / f"b{kind}", members=members)
    assert not (tmp_path / f"b{kind}").exists()


@pytest.mark.parametrize(
    "names", [["A.txt", "a.TXT"], ["Models/x", "models/y"], ["aux.csv"], ["a\\b"], ["é", "e\u0301"]]
)
def test_names_that_cannot_be_unpacked_everywhere_are_not_packed(tmp_path, kind, names):
    folder = filled(tmp_path / "a", dict.fromkeys(names, "1"))
    with pytest.raises(SourceError, match="cannot be written: member"):
        write_archive(folder, tmp_path / f"b{kind}")
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_place_that_cannot_hold_the_archive_is_told(tmp_path, kind):
    folder = filled(tmp_path / "a", {"x": "1"})
    for target, message in {
        folder / f"b{kind}": "it would lie in the folder that it is made from",
        tmp_path / "b.rar": "it ends neither in .tar.gz nor in .zip",
        tmp_path / "a" / "x" / f"b{kind}": "would lie in",
    }.items():
        with pytest.raises(SourceError, match=message):
            write_archive(folder, target)
    (tmp_path / f"c{kind}").mkdir()
    with pytest.raises(SourceError, match="Is a directory"):
        write_archive(folder, tmp_path / f"c{kind}")
    with pytest.raises(SourceError, match="does not exist"):
        write_archive(tmp_path / "nothing", tmp_path / f"d{kind}")
    with pytest.raises(SourceError, match="is a link or no regular file"):
        write_archive(folder / "x", tmp_path / f"d{kind}")
    assert tree(tmp_path) == {"a/x": b"1"}


def test_a_write_that_fails_midway_leaves_the_old_archive(tmp_path, kind, monkeypatch):
    folder, target = filled(tmp_path / "a", {"x": "1", "y": "2"}), tmp_path / f"a{kind}"
    write_archive(folder, target)
    before, real = target.read_bytes(), archives._opened

    def full(path, name):
        if name == "y":
            raise OSError(28, "No space left on device", str(path))
        return real(path, name)

    monkeypatch.setattr(archives, "_opened", full)
    with pytest.raises(SourceError, match="cannot be written: No space left on device") as caught:
        write_archive(folder, target)
    assert caught.value.do == "check the path, its permissions and the free disk space"
    assert target.read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", f"a{kind}"]


# -- hostile names, in both forms ------------------------------------------------------------------------------------


def tar_of(path, *members):
    """Write a tar of (name, content) or (TarInfo, content) pairs."""
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(content))
    return path


def zip_of(path, *members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo("placeholder")
            info.filename, info.compress_type = name, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def archive_of(kind, path, *members):
    return (tar_of if kind == ".tar.gz" else zip_of)(path / f"bad{kind}", *members)


NAMES = {
    "../pwned": "has `..` in its name",
    "a/../../pwned": "has `..` in its name",
    "..": "has `..` in its name",
    "a/..": "has `..` in its name",
    "/tmp/pwned": "has an absolute path, of the machine it was packed on",
    "//host/share/x": "has an absolute path, of the machine it was packed on",
    "C:/pwned": "has an absolute path, of the machine it was packed on",
    "c:pwned": "has an absolute path, of the machine it was packed on",
    "C:\\pwned": "has an absolute path, of the machine it was packed on",
    "..\\pwned": "has a backslash or an invisible character in its name",
    "a\\b": "has a backslash or an invisible character in its name",
    "a\nb": "has a backslash or an invisible character in its name",
    "a\x1b[31m": "has a backslash or an invisible character in its name",
    "a\u202egnp.exe": "has a backslash or an invisible character in its name",
    "a//b": "has a part in its name that is no name on every system: ''",
    "a/./b": "has a part in its name that is no name on every system: '.'",
    "././a": "has a part in its name that is no name on every system: '.'",
    "con": "has a part in its name that is no name on every system: 'con'",
    "a/NUL.txt/b": "has a part in its name that is no name on every system: 'NUL.txt'",
    "a./b": "has a part in its name that is no name on every system: 'a.'",
    "a /b": "has a part in its name that is no name on every system: 'a '",
    "x" * 256: "has a part in its name that is no name on every system: ",
    "d/" * 16 + "x": "lies more than 16 folders deep",
    "d/" * 1000 + "x": "lies more than 16 folders deep",
    "home/kim/project/train_artifacts/models/m.pkl": "has the path of the machine it was packed on",
}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_a_hostile_name_is_refused_and_nothing_is_written(tmp_path, unpack, kind, name):
    error = refused(unpack, archive_of(kind, tmp_path, ("good", b"1"), (name, b"2")))
    assert "cannot be unpacked: member " in error.what
    assert NAMES[name] in error.what


def test_the_machine_path_of_a_flat_model_is_told_with_what_to_do(tmp_path, unpack, kind):
    """ALO 2.6 external.py packs a file that lies directly in models/ under its path on that machine."""
    for name in ("/home/kim/train_artifacts/models/m.pkl", "home/kim/train_artifacts/models/m.pkl"):
        error = refused(unpack, archive_of(kind, tmp_path, ("train/w", b"1"), (name, b"2")))
        assert f"member '{name}' has " in error.what
        assert error.do == "ALO 2.6 packs a file directly in models/ so: save models to models/<step>/, and pack again"


def test_depth_of_sixteen_is_read(tmp_path, unpack, kind):
    assert unpack(archive_of(kind, tmp_path, ("d/" * 15 + "x", b"1"))) == {"d/" * 15 + "x": b"1"}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "a"], "member 'a' is there twice"),
        (["a", "./a"], "member 'a' is there twice"),
        (["a", "a/b"], "member 'a/b' is there twice"),
        (["a/b", "a"], "member 'a' is there twice"),
        (["a.txt", "A.TXT"], "member 'A.TXT' differs from 'a.txt' only in the case of letters"),
        (["a/x", "A/y"], "member 'A/y' differs from 'a' only in the case of letters"),
        (["straße", "STRASSE"], "only in the case of letters"),
        (["é", "e\u0301"], "only in the case of letters"),
    ],
)
def test_a_name_that_is_there_twice_is_refused(tmp_path, unpack, kind, names, message):
    error = refused(unpack, archive_of(kind, tmp_path, *((name, str(at).encode()) for at, name in enumerate(names))))
    assert message in error.what


# -- hostile amounts -------------------------------------------------------------------------------------------------


def test_a_bomb_is_stopped_while_it_is_read(tmp_path, unpack, kind):
    error = refused(unpack, archive_of(kind, tmp_path, ("good", os.urandom(1000)), ("bomb", bytes(30 << 20))))
    assert "member 'bomb' unpacks to more than 200 times its size" in error.what
    assert error.do.startswith("unpack it by hand if you trust it")


def test_a_small_file_of_any_density_is_no_bomb(tmp_path, unpack, kind):
    content = {f"{number}": bytes(1 << 20) for number in range(3)}
    assert unpack(archive_of(kind, tmp_path, *content.items())) == content


def test_density_is_counted_for_each_entry(tmp_path, unpack, kind):
    noise = random.Random(1).randbytes(1 << 20)
    bad = archive_of(kind, tmp_path, ("noise", noise), ("bomb", bytes(20 << 20)), ("noise2", noise))
    assert "member 'bomb'" in refused(unpack, bad).what


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_too_many_members_are_refused(tmp_path, unpack, kind):
    path = archive_of(kind, tmp_path, *((f"{number}", b"") for number in range(5)))
    assert len(unpack(path, limits=Limits(entries=5))) == 5
    (tmp_path / "place" / "deep" / "new").rename(tmp_path / "first")
    many = ["d"] * 10_001 if kind == ".tar.gz" else ["d/"] * 10_001
    path = archive_of(
        kind, tmp_path, *((special(name, tarfile.DIRTYPE) if name == "d" else name, b"") for name in many)
    )
    assert refused(unpack, path).what.endswith("it holds more than 10000 members")


def test_too_many_bytes_are_refused(tmp_path, unpack, kind):
    path = archive_of(kind, tmp_path, ("a", bytes(600)), ("b", bytes(600)))
    assert "member 'b' makes it more than 1199 bytes" in refused(unpack, path, limits=Limits(size=1199)).what
    assert len(unpack(path, limits=Limits(size=1200))) == 2


# -- hostile tars ----------------------------------------------------------------------------------------------------


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


LINKS = {
    "a link out": [(special("bad", tarfile.SYMTYPE, "/etc/passwd"), b"")],
    "a link within": [("a", b""), (special("bad", tarfile.SYMTYPE, "a"), b"")],
    "a link and a file through it": [(special("bad", tarfile.SYMTYPE, ".."), b""), ("bad/pwned", b"1")],
    "a hard link": [("a", b""), (special("bad", tarfile.LNKTYPE, "a"), b"")],
    "a hard link out": [(special("bad", tarfile.LNKTYPE, "../sentinel"), b"")],
    "a link with an empty name": [(special("", tarfile.SYMTYPE, "/etc"), b"")],
    "a character device": [(special("bad", tarfile.CHRTYPE), b"")],
    "a block device": [(special("bad", tarfile.BLKTYPE), b"")],
    "a pipe": [(special("bad", tarfile.FIFOTYPE), b"")],
    "a contiguous file": [(special("bad", tarfile.CONTTYPE), b"")],
    "a sparse file": [(special("bad", tarfile.GNUTYPE_SPARSE), b"")],
    "an unknown type": [(special("bad", b"Z"), b"")],
}


@pytest.mark.parametrize("members", LINKS.values(), ids=LINKS)
def test_a_member_that_is_no_file_is_refused(tmp_path, unpack, members):
    error = refused(unpack, tar_of(tmp_path / "bad.tar.gz", ("good", b"1"), *members))
    assert error.what.endswith(" is a link or no regular file")
    assert error.do.startswith("unpack it by hand if you trust it, or have it packed again from regular files")


def raw_header(name=b"x", size=0, kind=b"0", magic=b"ustar\0" + b"00"):
    block = bytearray(512)
    block[:100] = name.ljust(100, b"\0")
    block[100:108] = b"0000644\0"
    block[124:136] = b"%011o\0" % size if size >= 0 else struct.pack(">Bxxxq", 0xFF, size).replace(b"\0", b"\xff", 3)
    block[156:157] = kind
    block[257:265] = magic
    block[148:156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 8 * 32)
    return bytes(block)


def padded(content):
    return content + bytes(-len(content) % 512)


def pax(**records):
    lines = b""
    for key, value in records.items():
        body = b" " + key.replace("__", ".").encode() + b"=" + value + b"\n"
        length = len(body) + 1
        while len(str(length)) + len(body) != length:
            length += 1
        lines += str(length).encode() + body
    return lines


def extended(kind, content):
    return raw_header(b"h", len(content), kind) + padded(content)


END = bytes(1024)
GOOD = raw_header(b"good", 1) + padded(b"1")

RAW_TARS = {
    "nothing": (b"", "it ends too early"),
    "no tar": (b"not a tar at all" * 100, "it is damaged or no such archive"),
    "no end": (GOOD, "it ends too early"),
    "cut in a header": (GOOD + raw_header(b"x")[:300], "it ends too early"),
    "cut in a content": (GOOD + raw_header(b"x", 5000) + b"1" * 100, "it ends too early"),
    "a wrong checksum": (GOOD + raw_header(b"x").replace(b"0000644", b"0000777") + END, "bad checksum"),
    "a size below zero": (GOOD + raw_header(b"x", -512) + END, "has a wrong size in its header"),
    "a pax size below zero": (
        GOOD + extended(b"x", pax(size=b"-512")) + raw_header() + END,
        "wrong",
    ),
    "a size of exabytes": (GOOD + raw_header(b"x", 0o77777777777) + END, "more than 2147483648 bytes"),
    "a pax size of exabytes": (
        GOOD + extended(b"x", pax(size=b"9" * 20)) + raw_header() + END,
        "more than 2147483648 bytes",
    ),
    "a folder with content": (GOOD + raw_header(b"d/", 512, b"5") + b"1" * 512 + END, "has a wrong size in its header"),
    "a tar after the end": (GOOD + END + raw_header(b"hidden", 1) + padded(b"1") + END, "it has data after its end"),
    "endless padding": (GOOD + bytes(3 << 20), "it has data after its end"),
    "a huge pax header": (GOOD + raw_header(b"h", 1 << 30, b"x") + bytes(2048), "has a header that is too long"),
    "a huge long name": (GOOD + raw_header(b"h", 1 << 30, b"L") + bytes(2048), "has a header that is too long"),
    "headers without end": (GOOD + raw_header(b"h", 0, b"x") * 100 + END, "too many headers for one member"),
    "a pax path out": (
        GOOD + extended(b"x", pax(path=b"../pwned")) + raw_header(b"fine") + END,
        "member '../pwned' has `..` in its name",
    ),
    "a pax path with a NUL": (
        GOOD + extended(b"x", pax(path=b"a\0b")) + raw_header(b"fine") + END,
        "has a backslash or an invisible character in its name",
    ),
    "a long name out": (
        GOOD + extended(b"L", b"../pwned\0") + raw_header(b"fine") + END,
        "member '../pwned' has `..` in its name",
    ),
    "a path for all": (
        GOOD + extended(b"g", pax(path=b"a")) + raw_header(b"x") + END,
        "has one name or size for all members",
    ),
    "a sparse pax header": (
        GOOD + extended(b"x", pax(GNU__sparse__major=b"1")) + raw_header(b"x") + END,
        "member 'x' is a link or no regular file",
    ),
    "a pax header of nonsense": (GOOD + extended(b"x", b"99 a=b\n") + END, "wrong pax header"),
    "a name that is no text": (GOOD + raw_header(b"\xff\xfe") + END, "an invisible character in its name"),
}


@pytest.mark.parametrize("name", RAW_TARS)
def test_a_damaged_or_lying_tar_is_refused(tmp_path, unpack, name):
    content, message = RAW_TARS[name]
    (tmp_path / "bad.tar.gz").write_bytes(gzip.compress(content))
    assert message in refused(unpack, tmp_path / "bad.tar.gz").what


def test_the_headers_made_by_hand_are_read_when_nothing_is_wrong(tmp_path, unpack):
    """Else the refusals above could come from the way that the tests make their tars."""
    content = GOOD + extended(b"x", pax(path=b"b")) + raw_header(b"x", 2) + padded(b"22")
    content += raw_header(b"d", 0, b"5") + extended(b"L", b"d/c\0") + raw_header(b"x") + END
    (tmp_path / "good.tar.gz").write_bytes(gzip.compress(content))
    assert unpack(tmp_path / "good.tar.gz") == {"good": b"1", "b": b"22", "d/c": b""}


def test_bytes_after_the_gzip_are_refused(tmp_path, unpack):
    path = tar_of(tmp_path / "bad.tar.gz", ("a", b"1"))
    whole = path.read_bytes()
    for more in (b"garbage", gzip.compress(GOOD + END)):
        path.write_bytes(whole + more)
        assert "it is damaged" in (what := refused(unpack, path).what) or "it has data after its end" in what
    path.write_bytes(whole)
    assert unpack(path) == {"a": b"1"}


def test_an_archive_that_is_cut_anywhere_is_refused(tmp_path, unpack, kind):
    path = archive_of(kind, tmp_path, ("a", b"1" * 3000), ("b", os.urandom(3000)))
    whole = path.read_bytes()
    for cut in (0, 1, 5, 30, len(whole) // 2, len(whole) - 30, len(whole) - 9, len(whole) - 1):
        path.write_bytes(whole[:cut])
        refused(unpack, path)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data(), st.sampled_from(KINDS))
def test_of_a_mutated_archive_only_our_error_escapes_and_only_the_folder_is_written(data, kind):
    with tempfile.TemporaryDirectory() as place:
        path = archive_of(kind, Path(place), ("a/b", b"1" * 300), ("c", b"2"), ("한글", b"3"))
        content = path.read_bytes()
        raw = bytearray(gzip.decompress(content) if kind == ".tar.gz" else content)
        for _ in range(data.draw(st.integers(1, 4))):
            raw[data.draw(st.integers(0, min(len(raw), 4096) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(gzip.compress(bytes(raw), 1) if kind == ".tar.gz" else bytes(raw))
        try:
            names = read_archive(path, Path(place, "new"))
        except SourceError:
            names = ()
            assert not Path(place, "new").exists()
        assert sorted(each.name for each in Path(place).iterdir()) == [path.name, *(["new"] if names else [])]


# -- hostile zips ----------------------------------------------------------------------------------------------------


def zip_entry(path, *, mode=None, name="bad", content=b"target", method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("good", "1")
        info = zipfile.ZipInfo(name)
        info.compress_type = method
        if mode is not None:
            info.external_attr = mode << 16
        archive.writestr(info, content)
    return path


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_a_zip_member_with_the_mark_of_a_link_or_device_is_refused(tmp_path, unpack, mode):
    error = refused(unpack, zip_entry(tmp_path / "bad.zip", mode=mode))
    assert error.what == "bad.zip cannot be unpacked: member 'bad' is a link or no regular file"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_member_that_is_packed_in_another_way_is_refused(tmp_path, unpack, method):
    error = refused(unpack, zip_entry(tmp_path / "bad.zip", method=method))
    assert f"member 'bad' is packed in a way that is not read (method {method})" in error.what


def patched(path, *changes):
    """Overwrite bytes in the central directory's last entry (from its start) or, for ``local``, in its local header."""
    raw = bytearray(path.read_bytes())
    central, local = raw.rindex(b"PK\1\2"), raw.rindex(b"PK\3\4")
    for where, offset, new in changes:
        start = (central if where == "central" else local) + offset
        raw[start : start + len(new)] = new
    path.write_bytes(raw)
    return path


ZIPS = {
    "encrypted": ([("central", 8, b"\1\0"), ("local", 6, b"\1\0")], "member 'bad' is encrypted"),
    "a smaller size": ([("central", 24, b"\1\0\0\0")], "it is damaged"),
    "a larger size": ([("central", 24, b"\xff\xff\0\0")], "is not of the 65535 bytes that its header says"),
    "a size of gigabytes": ([("central", 24, b"\xfe\xff\xff\xff")], "more than 2147483648 bytes"),
    "a zip64 size without its field": ([("central", 24, b"\xff\xff\xff\xff")], "more than 2147483648 bytes"),
    "a larger packed size": ([("central", 20, b"\xff\xff\0\0")], "member 'bad' shares its bytes with another"),
    "a smaller packed size": ([("central", 20, b"\1\0\0\0")], ""),
    "another name in the local header": ([("local", 30, b"gut")], "it is damaged"),
    "a NUL in the name": ([("central", 46, b"b\0d"), ("local", 30, b"b\0d")], "an invisible character in its name"),
    "the place of the first": ([("central", 42, b"\0\0\0\0")], "member 'good' shares its bytes with another"),
    "a wrong checksum": ([("central", 16, b"\1\2\3\4")], "Bad CRC-32"),
    "another method": ([("central", 10, b"\x63\0")], "packed in a way that is not read (method 99)"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_damaged_or_lying_zip_is_refused(tmp_path, unpack, name):
    changes, message = ZIPS[name]
    path = patched(zip_entry(tmp_path / "bad.zip", content=b"some content " * 10), *changes)
    assert message in refused(unpack, path).what


def test_a_zip_folder_with_content_is_refused(tmp_path, unpack):
    path = zip_entry(tmp_path / "bad.zip", name="bad/")
    assert "member 'bad/' is a folder with content" in refused(unpack, path).what


@pytest.mark.parametrize(
    ("before", "after"), [(b"#!/bin/sh\n", b""), (b"PK script", b""), (b"", b"more"), (b"", bytes(30))]
)
def test_bytes_around_a_zip_are_refused(tmp_path, unpack, before, after):
    path = zip_of(tmp_path / "bad.zip", ("a", b"1"))
    path.write_bytes(before + path.read_bytes() + after)
    assert ("it is neither" if before[:2] == b"#!" else "it has data ") in refused(unpack, path).what


def test_a_zip_that_is_cut_in_its_comment_is_refused(tmp_path, unpack):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("a", "1")
        archive.comment = b"a comment"
    (tmp_path / "bad.zip").write_bytes((tmp_path / "bad.zip").read_bytes()[:-1])
    assert "it has data after its end or is cut" in refused(unpack, tmp_path / "bad.zip").what


def test_members_of_a_zip_that_share_bytes_are_refused(tmp_path, unpack):
    """One packed block with many names: small entries, a large sum."""
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("kernel", bytes(100_000), zipfile.ZIP_DEFLATED)
        twin = zipfile.ZipInfo("kernel")
        archive.filelist.append(twin)
        for name in archive.filelist[0].__slots__:
            if hasattr(archive.filelist[0], name):
                setattr(twin, name, getattr(archive.filelist[0], name))
    assert "member 'kernel' shares its bytes with another" in refused(unpack, path).what


def test_what_is_neither_tar_nor_zip_is_refused(tmp_path, unpack):
    for content in (b"", b"x", b"\x28\xb5\x2f\xfd zstd", b"BZh91AY", GOOD + END):
        (tmp_path / "bad.tar.gz").write_bytes(content)
        error = refused(unpack, tmp_path / "bad.tar.gz")
        assert error.what == "bad.tar.gz cannot be unpacked: it is neither a .tar.gz nor a .zip file"
    error = refused(unpack, tmp_path / "nothing.zip")
    assert error.what == "nothing.zip cannot be unpacked: No such file or directory"


def test_a_full_disk_leaves_nothing(tmp_path, unpack, kind, monkeypatch):
    path = archive_of(kind, tmp_path, ("a", b"1"), ("b", b"2"))
    real = os.open

    def full(name, *arguments, **named):
        if Path(name).name == "b":
            raise OSError(28, "No space left on device", str(name))
        return real(name, *arguments, **named)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(SourceError, match="cannot be unpacked: No space left on device"):
        unpack(path)


def test_a_secret_in_a_member_name_is_not_shown(tmp_path, unpack, kind):
    error = refused(unpack, archive_of(kind, tmp_path, ("../ghp_abcdefghijklmnopqrstuvwx", b"1")))
    assert "abcdefghij" not in str(error)
