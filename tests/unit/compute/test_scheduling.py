"""The plan: what it promises for any cloud and any request."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pileus.compute.scheduling.filters import FILTERS
from pileus.compute.scheduling.plan import plan
from pileus.compute.scheduling.types import Group, HostView, Plan, Refusal, Request
from pileus.placement.service import Inventory

names = st.sampled_from([f"h{n}" for n in range(12)])
amounts = st.integers(0, 64)


@st.composite
def hosts(draw):
    found = draw(st.lists(names, max_size=12, unique=True))
    return [
        HostView(
            id="p-" + name,
            name=name,
            alive=draw(st.booleans()),
            enabled=draw(st.booleans()),
            zone=draw(st.sampled_from("ab")),
            inventories={
                "VCPU": Inventory(total=draw(amounts), allocation_ratio=draw(st.sampled_from([1.0, 4.0, 1.5]))),
                "MEMORY_MB": Inventory(
                    total=draw(st.integers(0, 4096)), reserved=draw(st.integers(0, 512)), max_unit=2048
                ),
            },
            used={"VCPU": draw(amounts), "MEMORY_MB": draw(st.integers(0, 4096))},
            arch=draw(st.sampled_from(["x86_64", "aarch64"])),
            servers=draw(st.integers(0, 5)),
            traits=draw(st.frozensets(st.sampled_from(["T1", "T2"]))),
        )
        for name in found
    ]


groups = st.builds(
    Group,
    policy=st.sampled_from(["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]),
    hosts=st.dictionaries(names, st.integers(1, 3), max_size=3),
    most=st.integers(1, 3),
)
requests = st.builds(
    Request,
    resources=st.fixed_dictionaries({"VCPU": st.integers(0, 8), "MEMORY_MB": st.integers(0, 2500)}),
    zone=st.sampled_from(["", "a", "b"]),
    host=st.one_of(st.just(""), names),
    forced=st.booleans(),
    required=st.frozensets(st.sampled_from(["T1", "T2"])),
    forbidden=st.frozensets(st.sampled_from(["T1", "T2"])),
    arch=st.sampled_from(["", "x86_64"]),
    group=st.none() | groups,
    same=st.none() | st.frozensets(names),
    different=st.none() | st.frozensets(names),
)


@settings(max_examples=300, deadline=None)
@given(hosts(), requests)
def test_a_plan_is_a_host_that_passes_and_a_refusal_is_none(found, request):
    passing = [h for h in found if not any(refuse(h, request) for _name, refuse in FILTERS)]
    result = plan(found, request)
    if isinstance(result, Plan):
        assert result.host in passing
        assert all(alternate in passing for alternate in result.alternates)
        for name, amount in request.resources.items():
            assert not amount or result.host.free(name) >= amount
        if request.host:
            assert result.host.name == request.host
        assert result.host.alive
    else:
        assert not passing
        assert sum(count for _name, count in result.removed) == result.total == len(found)
        assert result.message.startswith("No valid host was found. ")
        assert not found or "Nearest was " in result.message


@settings(max_examples=100, deadline=None)
@given(hosts(), requests, st.randoms())
def test_the_order_of_the_hosts_does_not_matter(found, request, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    first, second = plan(found, request), plan(shuffled, request)
    if isinstance(first, Plan):
        assert first == second
    else:
        assert first.removed == second.removed


@settings(max_examples=100, deadline=None)
@given(hosts(), requests)
def test_a_better_host_is_not_refused(found, request):
    """Giving a host more room never turns a plan into a refusal."""
    result = plan(found, request)
    if isinstance(result, Plan):
        emptied = [replace(h, used={}) for h in found]
        assert isinstance(plan(emptied, request), Plan)


def test_soft_groups_are_wishes():
    def host(name):
        return HostView(id=name, name=name, inventories={"VCPU": Inventory(total=8)})

    both = [host("h1"), host("h2")]
    near = Request(resources={"VCPU": 1}, group=Group(policy="soft-affinity", hosts={"h2": 1}))
    apart = Request(resources={"VCPU": 1}, group=Group(policy="soft-anti-affinity", hosts={"h1": 1}))
    assert plan(both, near).host.name == "h2"
    assert plan(both, apart).host.name == "h2"
    assert plan(both[:1], apart).host.name == "h1"


def test_a_refusal_tells_what_was_missing():
    host = HostView(id="p", name="h1", inventories={"VCPU": Inventory(total=2)}, used={"VCPU": 1})
    result = plan([host, replace(host, name="h2", alive=False)], Request(resources={"VCPU": 2}))
    assert isinstance(result, Refusal)
    assert result.message == (
        "No valid host was found. Of 2 hosts: service removed 1, resources removed 1. "
        "Nearest was h1: VCPU: 2 wanted, 1 free."
    )
    assert plan([], Request(resources={})).message == "No valid host was found. This cloud has no compute hosts yet."
