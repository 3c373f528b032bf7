"""Who wants which package, and whether one version can suit everybody."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import PackageNotFoundError, distribution
from operator import and_

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from alo_nb.plan import Place, Problem

OWN_NAME = "alo-nb"
MANY = 200


@dataclass(frozen=True)
class Want:
    """A package that a step wants; that alo_nb itself wants when `step` is empty. `key` is the path of keys."""

    requirement: Requirement
    step: str
    place: Place
    key: str

    @property
    def name(self) -> str:
        """The package's name in its one spelling: lower case, dashes."""
        return canonicalize_name(self.requirement.name)

    def __str__(self) -> str:
        who = f"step {self.step!r}" if self.step else "alo_nb itself"
        return f"{text(self.requirement)} for {who}" + (f" ({self.place})" if self.place.file else "")


def text(requirement: Requirement) -> str:
    """Return a requirement as pip reads it, in one spelling and without its marker, which held here."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{canonicalize_name(requirement.name)}{extras}{requirement.specifier}"


def merged(wants: Iterable[Want]) -> tuple[Requirement, ...]:
    """Return one requirement for each package, sorted by name: what all the wants say together."""
    found: dict[str, Requirement] = {}
    for want in wants:
        whole = found.setdefault(want.name, Requirement(want.name))
        whole.extras |= want.requirement.extras
        whole.specifier &= want.requirement.specifier
    return tuple(found[name] for name in sorted(found))


def holds(requirement: Requirement) -> bool:
    """Return whether the marker of a requirement, if it has one, is true for this Python."""
    return requirement.marker is None or requirement.marker.evaluate()


def own_wants() -> tuple[Want, ...]:
    """Return what alo_nb itself wants; nothing when it was not installed but only put on the path."""
    try:
        own = distribution(OWN_NAME)
    except PackageNotFoundError:
        return ()
    wanted = [Requirement(each) for each in (f"{OWN_NAME}=={own.version}", *(own.requires or ()))]
    return tuple(Want(each, "", Place(), "") for each in wanted if holds(each))


def conflicts(wants: Iterable[Want]) -> Iterator[Problem]:
    """Yield a problem for each package of which no version can suit all wants.

    Only what versions alone tell is found here: what the packages want of each other, the installer knows.
    """
    by_name: dict[str, list[Want]] = {}
    for want in wants:
        by_name.setdefault(want.name, []).append(want)
    own = own_wants() if by_name else ()
    for name, group in by_name.items():
        everybody = [*group, *(each for each in own if each.name == name)]
        if not _can_all_hold(everybody):
            at_odds = _at_odds(everybody)
            message = f"no version of {name} suits everybody: {listed(at_odds)}"
            do = "let them agree on one version, or run with what is installed here: --no-install"
            last = next(each for each in reversed(at_odds) if each.step)
            yield Problem("error", "PLAN_REQUIREMENT_CONFLICT", message, last.key, last.place, do)


def _at_odds(wants: Sequence[Want]) -> list[Want]:
    """Return those of contradicting wants that contradict each other without the rest; mostly two, the earliest.

    The last of the shortest beginning that contradicts is one of them. It goes to the front, and so on.
    """
    found: list[Want] = []
    rest = list(wants)
    while not found or _can_all_hold(found):
        end = bisect_left(range(len(rest)), True, key=lambda at: not _can_all_hold([*found, *rest[: at + 1]]))
        found.append(rest[end])
        rest = rest[:end]
    return [each for each in wants if each in found]


def listed(items: Collection[object], limit: int = 5) -> str:
    """Return texts with commas between them; of very many, the first few and how many more there are."""
    shown = [str(each) for each in items][:limit]
    return ", ".join(shown) + (f" and {len(items) - limit} more" if len(items) > limit else "")


def _can_all_hold(wants: Iterable[Want]) -> bool:
    """Return False when no version suits all of these wants.

    A range that is not empty holds one of its ends, or a version just behind one of them. Where an end is no final
    release that is not so; then, and when there are very many ends, the installer decides.
    """
    whole = reduce(and_, (each.requirement.specifier for each in wants))
    pins = [each.version for each in whole if each.operator == "==="]
    pins += [each.version for each in whole if each.operator == "==" and not each.version.endswith(".*")]
    if pins:
        return any(whole.contains(each, prereleases=True) for each in pins)
    ends = [end for each in whole for end in _ends(each.version)]
    if len(ends) > MANY or any(each.is_prerelease or each.is_postrelease for each in ends):
        return True
    candidates = [Version("0"), *ends, *(Version(f"{end.base_version}.0.0.1") for end in ends)]
    return any(whole.contains(each, prereleases=True) for each in candidates)


def _ends(version: str) -> tuple[Version, ...]:
    """Return where the range of a specifier begins or ends; one with a star has both: 2.* ends where 3 begins."""
    begin = Version(version.removesuffix(".*"))
    if not version.endswith(".*"):
        return (begin,)
    *front, last = begin.release
    return begin, Version(f"{begin.epoch}!{'.'.join(map(str, [*front, last + 1]))}")


def fits(version: str, specifier: SpecifierSet) -> bool:
    """Return whether an installed version is one of those asked for; pre-releases count, for it is there."""
    try:
        Version(version)
    except InvalidVersion:
        return False
    return specifier.contains(version, prereleases=True)
