from sacml.design import KnownSystems
from sacml.domain import Site
from sacml.domain.shells import Shell


def test_one_entry_per_site_with_its_records(known):
    texts = [str(s.site) for s in known.systems]
    assert texts == sorted(texts)
    assert not {"vac-N4@graphene", "@graphene"} & set(texts)
    cobalt = next(s for s in known.systems if s.site.metals == ("Co",))
    assert cobalt.record_ids == ("A-1", "A-2")
    assert cobalt.alkalis == ("Li", "Na")
    assert cobalt.label == "Co-N4@graphene (SACo)"


def test_of_several_starts_the_label_stands_first(make_record):
    records = [make_record("Zn-N4@graphene", name) for name in ("lost", "label")]
    records[0].not_for_fit = "not the lowest of the starts tried"
    (system,) = KnownSystems.from_records(records).systems
    assert system.record_ids == ("label", "lost")


def test_reported_shells(known):
    single = {str(s) for s in known.shells(1)}
    # N?O? counts as each shell it may be; ? reports nothing
    assert single == {"N4", "N2O2", "NO3", "N3O", "NO2", "N2O"}
    assert known.shells(2) == (Shell.parse("N6"),)


def test_same_system_as_far_as_stated(known):
    def ids(text):
        return [r for s in known.same_as(Site.parse(text)) for r in s.record_ids]

    assert ids("Co-N4@graphene") == ["A-1", "A-2"]
    assert ids("Zn-N2O2(trans)@graphene") == ["B-1"]
    assert ids("Co-N4+OH@graphene") == []
    assert ids("Co-N4@cnt") == []
    assert ids("Mn-N4@graphene") == []
    assert [s.record_ids for s in known.perhaps(Site.parse("Mn-N4@graphene"))] == [("D-1",)]
    assert known.perhaps(Site.parse("Mn-C4@graphene")) == ()


def test_nearest(known):
    near = known.nearest(Site.parse("Co-N3O@graphene"))
    assert (str(near.system.site), near.distance, near.substitutions) == ("Co-N4@graphene", 1, 1)
    assert str(near).endswith("same centres, same host, 1 substitution in the shell")
    far = known.nearest(Site.parse("Pt-S4@cnt"))
    assert far.distance == 6
    dual = known.nearest(Site.parse("Fe+Fe-N6@graphene"))
    assert (str(dual.system.site), dual.distance) == ("Fe+Ni-N6@graphene", 1)


def test_nearest_needs_as_many_centres():
    from sacml.design import KnownSystems

    assert KnownSystems(()).nearest(Site.parse("Co-N4@graphene")) is None
