"""Who asks S3: a profile, a key file or what the machine has. The secrets stay where they are until they are used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from alo_nb.errors import SourceError
from alo_nb.plan import Plan
from alo_nb.plan.redact import shown
from alo_nb.project import Project


@dataclass(frozen=True)
class Credentials:
    """Where the keys for S3 are: a profile goes before a key file; neither means AWS's own order of places.

    Parameters
    ----------
    profile : str, optional
        A profile of ``~/.aws/credentials`` or ``~/.aws/config``, or of the files that ``AWS_SHARED_CREDENTIALS_FILE``
        and ``AWS_CONFIG_FILE`` name: what `aws_key_profile` in a plan is.
    key_file : Path, optional
        What `s3_private_key_file` in a plan of ALO 1.0 to 2.2 is; see `read_key_file`.
    """

    profile: str | None = None
    key_file: Path | None = None

    def __str__(self) -> str:
        if self.profile:
            return f"the profile {shown(self.profile)}"
        if self.key_file:
            return f"the key file {self.key_file}"
        return "the AWS variables or ~/.aws of this machine"

    def options(self, where: str = "") -> dict[str, str]:
        """Return what fsspec's ``s3`` takes to log in.

        Raises
        ------
        SourceError
            The key file cannot be read or has another form.
        """
        if self.profile:
            return {"profile": self.profile}
        if self.key_file:
            key, secret = read_key_file(self.key_file, where)
            return {"key": key, "secret": secret}
        return {}


ANY = Credentials()


def plan_credentials(plan: Plan, project: Project) -> Credentials:
    """Return whom a plan names; a relative key file starts at the project folder."""
    return Credentials(plan.aws_key_profile, project.root / plan.aws_key_file if plan.aws_key_file else None)


def read_key_file(path: Path, where: str = "") -> tuple[str, str]:
    """Return the access key and the secret key in a key file, in any form that an ALO or AWS ever wrote.

    These are two lines, the access key and the secret key (ALO's s3handler.py); two rows of two columns, names above
    values (its later aws_handler.py); and the csv files that the AWS console hands out, with more columns.

    Raises
    ------
    SourceError
        The file cannot be read, or holds something else. The message tells nothing of what it holds.
    """
    import csv

    where = f"{where} ({path})" if where else str(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    except OSError as error:
        what = f"the key file {path.name!r} cannot be read: {error.strerror or error}"
        raise SourceError(what, where=where, do=f"correct its path, or {_PROFILE_DO}") from error
    except (csv.Error, UnicodeDecodeError):
        rows = []
    found = _keys(rows)
    if found is None or not all(found):
        what = f"the key file {path.name!r} does not hold an access key and a secret key"
        raise SourceError(what, where=where, do=f"download it anew from the AWS console, or {_PROFILE_DO}")
    return found


_PROFILE_DO = "name a profile in `aws_key_profile`"


def _keys(rows: list[list[str]]) -> tuple[str, str] | None:
    if len(rows) != 2:
        return None
    above, below = rows
    names = [re.sub("[^a-z]", "", each.lower()).removeprefix("aws") for each in above]
    if "accesskeyid" in names and "secretaccesskey" in names and len(below) == len(above):
        return below[names.index("accesskeyid")], below[names.index("secretaccesskey")]
    if len(above) == len(below) == 2:
        return below[0], below[1]
    return (above[0], below[0]) if len(above) == len(below) == 1 else None
