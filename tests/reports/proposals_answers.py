"""Answers made by hand, with every finding and some evil in them."""

from collections import Counter
from dataclasses import replace

from sacml.design import (
    FrontPoint,
    KnownRank,
    KnownSystem,
    MetalBest,
    Nearest,
    Objective,
    Proposal,
    Proposals,
    TargetPrediction,
    WindowShift,
)
from sacml.domain import STANDARD, Candidate, Site

EVIL = '</script><script>alert("x")</script> & co'
WINDOW = Objective(
    name="binding energy", kind="target", quantity="binding_energy", direction="window",
    low=-2.1, high=-1.2, unit="eV", source="own DFT",
)  # fmt: skip
COST = Objective(
    name="cost", kind="element", quantity="price_usd_per_kg", direction="low", low=2.0,
    high=2e4, unit="USD/kg", scale="log10", weight=0.3, source="element table",
)  # fmt: skip
CRITICAL = Objective(
    name="criticality", kind="element", quantity="eu_critical_raw_material", direction="low",
    low=0.0, high=1.0, unit=None, weight=0.2, source="Regulation (EU) 2024/1252",
)  # fmt: skip
LIFE = Objective(
    name="long life", kind="target", quantity="cycle_life", direction="high", low=300.0,
    high=4000.0, unit="h",
)  # fmt: skip
SITES = ("Ca-C4@graphene", "Fe-N4@graphene", "Cr-N4@graphene", "Zn-N2C2(cis6)@graphene")


def prediction(value, half=1.0, target="binding_energy", unit="eV", inside=True):
    return TargetPrediction(
        target, value, value - half, value + half, unit, inside, () if inside else ("far away",)
    )


def life(inside=True, upper=3400.0):
    reasons = () if inside else ("shell never seen",)
    return TargetPrediction("cycle_life", 1379.0, 558.0, upper, "h", inside, reasons)


def system(site, name, alkali="Li"):
    return KnownSystem(Site.parse(site), (name,) if name else (), ("r1",), (alkali,))


def proposal(rank, site, **changes):
    known = system("Co-C4@graphene", EVIL)
    made = Proposal(
        rank=rank,
        candidate=Candidate(Site.parse(site), "Li", STANDARD),
        score=0.7 - 0.05 * rank,
        predictions={"binding_energy": prediction(-1.5 - 0.1 * rank), "cycle_life": life()},
        desirability={"binding energy": 0.5, "cost": 0.9, "criticality": 1.0, "long life": 0.4},
        facts={"price_usd_per_kg": 2.21 * rank, "crustal_abundance_mg_per_kg": None,
               "eu_critical_raw_material": rank % 2 == 0, "hazard_class": "other"},
        known_as=(),
        perhaps=(),
        nearest=Nearest(known, 1, 0, False, True),
        why=(f"Helped by binding energy of number {rank}.", "Helped by being cheap, as all."),
        uncertain=("The interval reaches out of the window.",),
        front=1 if rank != 3 else 2,
    )  # fmt: skip
    return replace(made, **changes)


def answer(**changes):
    """An answer of four proposals; the third is dominated, the second known and refined."""
    items = [proposal(i, site) for i, site in enumerate(SITES, start=1)]
    items[1] = replace(
        items[1],
        known_as=(system("Fe-N4@graphene", EVIL),),
        refined={"binding_energy": prediction(-3.1, 0.4)},
        refined_score=0.41,
    )
    items[3] = replace(
        items[3], predictions={"binding_energy": prediction(-1.9, inside=False),
                               "cycle_life": life(False, float("inf"))},
    )  # fmt: skip
    values = {"binding energy": -1.7, "cost": 5.0, "criticality": 1.0}
    made = Proposals(
        items=tuple(items),
        space="default",
        alkali="Li",
        conditions=STANDARD,
        objectives=(WINDOW, LIFE, COST, CRITICAL),
        not_discriminating=("long life",),
        n_declared=5000,
        n_ranked=4000,
        refused=Counter({"price above 50 USD/kg": 700, EVIL: 300}),
        passed_over=Counter({"near-duplicate of a better one": 12}),
        out_of_domain=Counter({"binding_energy": 40}),
        versions={"binding_energy": "0.1.0+aa", "cycle_life": "0.1.0+bb"},
        notes=("A note of the ranking.",),
        partial=False,
        front=(
            FrontPoint(str(items[0].candidate), values, True, 0.65),
            FrontPoint("Mn-N4@graphene;Li", {**values, "cost": float("nan")}, False, 0.4),
        ),
        n_front=17,
        hypervolume=0.321,
        best_by_metal={
            "Ca": MetalBest(str(items[0].candidate), 0.65, items[0].predictions),
            "Zn": MetalBest(str(items[3].candidate), 0.5, items[3].predictions),
        },
        known_ranks=(
            KnownRank(system("Fe-N4@graphene", "FeSA-G"), 2, 0.6, "", 2),
            KnownRank(system("Pt-?@in2s3|ti3c2", "Pt SAs/In2S3/Ti3C2"), None, 0.2,
                      "host in2s3 is not in the space", 3100),
            KnownRank(system("Mn-N4@graphene", ""), 9, 0.4, "", 9),
        ),
        shifts=(
            WindowShift(-0.3, "binding energy", "eV", 3, ("Ti-N4@graphene;Li",),
                        (str(items[3].candidate),)),
            WindowShift(0.3, "binding energy", "eV", 4, (), ()),
        ),
    )  # fmt: skip
    return replace(made, **changes)
