"""Filters, fields, sort keys, pages, revisions, tags."""

import pytest


async def walk(client, http, start):
    """Follow `next` links to the end; the names seen on the way, and how many pages."""
    names, pages, path = [], 0, start
    while path:
        answer = await http.get(path, headers={"X-Auth-Token": client.token})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        names += [n["name"] for n in body["networks"]]
        pages += 1
        links = {link["rel"]: link["href"] for link in body.get("networks_links", ())}
        path = links.get("next")
    return names, pages, links


async def test_pages_forwards_and_backwards(alice, http):
    for name in "dacbe":
        await alice.make("network", name=name)
    base = "http://cloud/networking/v2.0/networks?limit=2&sort_key=name&sort_dir=asc"
    names, pages, links = await walk(alice, http, base)
    assert names == list("abcde")
    assert pages == 3
    assert "previous" in links
    names, _, _ = await walk(alice, http, base.replace("limit=2", "limit=5"))
    assert names == list("abcde")
    answer = await alice.get(
        "/networks", params={"limit": 2, "sort_key": "name", "sort_dir": "asc", "page_reverse": "True"}
    )
    assert [n["name"] for n in answer["networks"]] == ["d", "e"]
    middle = {link["rel"]: link["href"] for link in answer["networks_links"]}
    before = await http.get(middle["previous"], headers={"X-Auth-Token": alice.token})
    assert [n["name"] for n in before.json()["networks"]] == ["b", "c"]
    assert "networks_links" not in await alice.get("/networks")


@pytest.mark.parametrize(
    "query",
    [
        "limit=x",
        "limit=-1",
        "sort_key=name",
        "sort_key=nope&sort_dir=asc",
        "sort_key=name&sort_dir=up",
        "nope=1",
        "admin_state_up=maybe",
        "marker=nothing&limit=1",
        "changed_since=yesterday",
    ],
)
async def test_queries_that_make_no_sense(alice, query):
    await alice.get(f"/networks?{query}", 400)


async def test_filters(alice):
    a = await alice.make("network", name="a", admin_state_up=False)
    b = await alice.make("network", name="b", description="x")

    async def ids(query):
        return {n["id"] for n in (await alice.get(f"/networks?{query}"))["networks"]}

    assert await ids(f"id={a['id']}&id={b['id']}") == {a["id"], b["id"]}
    assert await ids("name=a") == {a["id"]}
    assert await ids("admin_state_up=False") == {a["id"]}
    assert await ids("admin_state_up=true&name=a") == set()
    assert await ids("description=x") == {b["id"]}
    assert await ids("tenant_id=alice&status=ACTIVE&mtu=1442") == {a["id"], b["id"]}
    assert await ids("project_id=other") == set()
    assert await ids("provider:network_type=flat") == {a["id"], b["id"]}  # not theirs to ask
    assert await ids("changed_since=2999-01-01T00:00:00Z") == set()


async def test_fields_limit_the_keys_exactly(alice):
    network = await alice.make("network", name="a")
    found = (await alice.get("/networks?fields=id&fields=name"))["networks"]
    assert found == [{"id": network["id"], "name": "a"}]
    assert (await alice.get(f"/networks/{network['id']}?fields=name"))["network"] == {"name": "a"}


async def test_revisions(alice):
    network = await alice.make("network")
    path = f"/networks/{network['id']}"
    stale = {"If-Match": "revision_number=99"}
    refused = await alice.put(path, {"network": {"name": "x"}}, 412, headers=stale)
    assert refused["NeutronError"]["type"] == "RevisionNumberConstraintFailed"
    await alice.delete(path, 412, headers=stale)
    await alice.put(path, {"network": {"name": "x"}}, 400, headers={"If-Match": "seven"})
    changed = await alice.put(
        path, {"network": {"name": "x"}}, headers={"If-Match": f"revision_number={network['revision_number']}"}
    )
    assert changed["network"]["revision_number"] == network["revision_number"] + 1
    await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    grown = (await alice.get(path))["network"]["revision_number"]
    assert grown > changed["network"]["revision_number"]
    group = (await alice.list("security_groups"))[0]
    await alice.make(
        "security_group_rule", plural="security_group_rules", security_group_id=group["id"], direction="ingress"
    )
    assert (await alice.get(f"/security-groups/{group['id']}"))["security_group"]["revision_number"] > group[
        "revision_number"
    ]


async def test_tags(alice, as_):
    a, b = await alice.make("network", name="a"), await alice.make("network", name="b")
    path = f"/networks/{a['id']}/tags"
    assert await alice.put(f"{path}/red", None, 201) is None
    assert await alice.put(path, {"tags": ["blue", "red"]}) == {"tags": ["blue", "red"]}
    assert await alice.get(f"{path}/red", 204) is None
    await alice.get(f"{path}/green", 404)
    assert (await alice.get(path))["tags"] == ["blue", "red"]
    assert (await alice.get(f"/networks/{a['id']}"))["network"]["tags"] == ["blue", "red"]
    await alice.put(f"/networks/{b['id']}/tags", {"tags": ["red", "r%d"]})

    async def names(query):
        return sorted(n["name"] for n in (await alice.get(f"/networks?{query}"))["networks"])

    assert await names("tags=red,blue") == ["a"]
    assert await names("tags-any=blue,r%25d") == ["a", "b"]
    assert await names("not-tags=red,blue") == ["b"]
    assert await names("not-tags-any=blue,nope") == ["b"]
    assert await names("tags=re") == []
    await as_("reader:alice").delete(f"{path}/red", 403)
    await alice.delete(f"{path}/red")
    await alice.delete(f"{path}/red", 404)
    await alice.delete(path)
    assert (await alice.get(path))["tags"] == []
    for bad in (
        {"tags": "x"},
        {"tags": [""]},
        {"tags": ["a\nb"]},
        {},
        {"tags": ["x" * 256]},
        {"tags": [str(n) for n in range(51)]},
    ):
        await alice.put(path, bad, 400)


async def test_lists_cost_the_same_number_of_queries_however_long(alice, parts, queries):
    network = await alice.make("network")
    await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    counts = {}
    for many in (1, 12):
        for _ in range(many):
            await alice.make("port", network_id=network["id"])
            await alice.make("network")
        for plural in ("ports", "networks", "subnets", "security_groups"):
            queries.clear()
            await alice.list(plural)
            counts.setdefault(plural, []).append(len(queries))
    assert counts == {"ports": [3, 3], "networks": [2, 2], "subnets": [1, 1], "security_groups": [3, 3]}


async def test_a_port_costs_few_queries(alice, queries):
    network = await alice.make("network")
    await alice.make("subnet", network_id=network["id"], cidr="10.0.0.0/24")
    await alice.make("port", network_id=network["id"])
    queries.clear()
    await alice.make("port", network_id=network["id"])
    assert len(queries) <= 13, "\n".join(queries)
