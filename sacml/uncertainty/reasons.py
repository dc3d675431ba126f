"""The bits of the applicability domain in words."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from sacml.domain import Candidate, Modifier, Shell, Site
from sacml.domain.conditions import NUMBERS, TITLES, WORDS, Conditions, in_words
from sacml.uncertainty.domain import Applicability, Flag, surroundings_text
from sacml.uncertainty.limits import HELD_OUT
from sacml.uncertainty.nearness import nearest_metal


def reasons(
    flags: int, candidate: Candidate, modifier: Modifier, domain: Applicability, remark: str | None
) -> tuple[str, ...]:
    """Turn the bits of one row into sentences, those that break the domain first.

    Parameters
    ----------
    remark
        What is to be said of every interval, e.g. that it is infinite.
    """
    given = Flag(flags)
    about = _About(candidate, modifier, domain)
    breaking = domain.breaking
    first, uncounted, then = [], [], []
    for flag, write in _WRITERS.items():
        if not given & flag:
            continue
        text = write(about)
        if flag & breaking:
            first.append(text)
        elif flag in _NOTES and (flag != Flag.NEAR_METAL or "metal" in domain.counted):
            then.append(text)
        else:
            uncounted.append(text)
    if uncounted:
        then.append(f"not counted, because the model does not read it: {'; '.join(uncounted)}")
    if remark:
        then.append(remark)
    return (*first, *then)


_SHARE = f"{100 * HELD_OUT:g} %"


@dataclass(frozen=True, slots=True)
class _About:
    candidate: Candidate
    modifier: Modifier
    domain: Applicability

    @property
    def conditions(self) -> Conditions:
        return self.candidate.conditions

    def metal(self) -> str:
        limit = self.domain.limits.metal
        far = [
            metal if limit is None else f"{metal} ({near}, at most {limit:.2f})"
            for metal, near, distance in self._new_metals()
            if limit is None or distance > limit
        ]
        return f"{' and '.join(far)} never seen as a centre"

    def near_metal(self) -> str:
        limit = self.domain.limits.metal
        near = [f"{metal} not in training, {words}" for metal, words, distance
                in self._new_metals() if limit is not None and distance <= limit]  # fmt: skip
        return "; ".join(near)

    def _new_metals(self) -> list[tuple[str, str, float]]:
        """Metals that were never seen, with the nearest trained one in words and its distance."""
        trained = self.domain.metals
        new = [m for m in self.candidate.site.metals if m not in trained]
        if self.domain.limits.metal is None:
            return [(m, "", 0.0) for m in new]
        near = [nearest_metal(m, trained) for m in new]
        return [
            (m, f"nearest trained: {name}, {distance:.2f} standard deviations a property away",
             distance)
            for m, (name, distance) in zip(new, near, strict=True)
        ]  # fmt: skip

    def two_centres(self) -> str:
        return "two centres in one site never seen"

    def control(self) -> str:
        what = "an empty site" if self.candidate.site.is_empty else "a bare host"
        return f"{what} never seen"

    def shell(self) -> str:
        return _unseen_shells(self.candidate.site, self.domain.shells)

    def surroundings(self) -> str:
        site = self.candidate.site
        around = surroundings_text(site.axial, site.second_shell)
        forms = [str(s) for s in _shells(site) if s.qualifiers
                 and str(s) not in self.domain.shell_forms]  # fmt: skip
        new = [*forms, *([around] if around and around not in self.domain.surroundings else [])]
        return f"this isomer, type of N, axial ligand or second shell never seen: {', '.join(new)}"

    def host(self) -> str:
        return f"host {self.candidate.site.host.name} never seen"

    def alkali(self) -> str:
        return f"alkali {self.candidate.alkali} never seen"

    def modifier_class(self) -> str:
        return f"no {self.modifier.modifier_class.replace('_', ' ')} record was trained on"

    def out_of_range(self) -> str:
        parts = []
        for name in NUMBERS:
            value, limits = getattr(self.conditions, name), self.domain.ranges[name]
            if value is None or limits is None or limits[0] <= value <= limits[1]:
                continue
            title, unit = TITLES[name]
            parts.append(
                f"{title} {value:g} {unit} lies outside the measured {limits[0]:g} to {limits[1]:g}"
            )
        return "; ".join(parts)

    def new_word(self) -> str:
        new = [(n, getattr(self.conditions, n)) for n in WORDS]
        return "; ".join(
            f"{n} {w.replace('_', ' ')} never seen" for n, w in new
            if w is not None and w not in self.domain.words[n]
        )  # fmt: skip

    def never_unstated(self) -> str:
        new = [n for n in self.conditions.unstated if n not in self.domain.unstated]
        return f"{in_words(new)} not stated, though every training record states it"

    def unstated(self) -> str:
        return f"not stated: {in_words(self.conditions.unstated)} (a state of its own to the model)"

    def distance(self) -> str:
        return (
            f"further from every training record, in the descriptors read, than {_SHARE} of "
            "held-out records are"
        )

    def leverage(self) -> str:
        return f"a mix of descriptors of more leverage than {_SHARE} of held-out records have"

    def spread(self) -> str:
        return f"the model is less sure of it than of {_SHARE} of held-out records"

    def unknown_shell(self) -> str:
        names = ", ".join(map(str, _shells(self.candidate.site)))
        return f"shell unknown: the mean over {names}, the interval spans all of them"


# the rows of a table share a few sites: what is said about a site is worked out once
@lru_cache(maxsize=10_000)
def _shells(site: Site) -> tuple[Shell, ...]:
    return site.possible_shells()


@lru_cache(maxsize=10_000)
def _unseen_shells(site: Site, known: tuple[str, ...]) -> str:
    seen = [Shell.parse(text) for text in known]
    return "; ".join(_nearest(s, seen) for s in _shells(site) if s.composition not in known)


def _nearest(shell: Shell, seen: list[Shell]) -> str:
    if not seen:
        return f"shell {shell.composition} never seen (no training record states a shell)"
    near = min(seen, key=lambda s: (shell.distance(s), s.size != shell.size, str(s)))
    steps = shell.distance(near)
    return (
        f"shell {shell.composition} never seen (nearest seen: {near.composition}, {steps} "
        f"substitution{'s' * (steps != 1)} away)"
    )


_WRITERS: dict[Flag, Callable[[_About], str]] = {
    Flag.METAL: _About.metal,
    Flag.TWO_CENTRES: _About.two_centres,
    Flag.CONTROL: _About.control,
    Flag.SHELL: _About.shell,
    Flag.SURROUNDINGS: _About.surroundings,
    Flag.HOST: _About.host,
    Flag.ALKALI: _About.alkali,
    Flag.MODIFIER: _About.modifier_class,
    Flag.OUT_OF_RANGE: _About.out_of_range,
    Flag.NEW_WORD: _About.new_word,
    Flag.NEVER_UNSTATED: _About.never_unstated,
    Flag.DISTANCE: _About.distance,
    Flag.LEVERAGE: _About.leverage,
    Flag.SPREAD: _About.spread,
    Flag.NEAR_METAL: _About.near_metal,
    Flag.UNSTATED: _About.unstated,
    Flag.UNKNOWN_SHELL: _About.unknown_shell,
}
_NOTES = Flag.NEAR_METAL | Flag.UNSTATED | Flag.UNKNOWN_SHELL
