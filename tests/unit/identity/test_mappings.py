"""The language of mappings, rule by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pileus.identity.federation.rules import NoMatch, processed


def mapped(local, remote, told, version="1.0"):
    return processed([{"local": local, "remote": remote}], version, told)


USER = [{"user": {"name": "{0}"}}]
NAME = {"type": "NAME"}
ALICE = {"NAME": ["alice"], "GROUPS": ["ops", "dev", "ops-eu"], "KIND": ["staff"]}


def test_places_are_filled_in_the_order_of_what_is_kept():
    remote = [{"type": "KIND", "any_one_of": ["staff"]}, NAME, {"type": "KIND"}]
    found = mapped([{"user": {"name": "{1}-{0}", "email": "{0}@x"}}], remote, ALICE)
    assert found.user == {"name": "staff-alice", "email": "alice@x", "type": "ephemeral"}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"any_one_of": ["staff", "guest"]}, True),
        ({"any_one_of": ["guest"]}, False),
        ({"any_one_of": ["^st"], "regex": True}, True),
        ({"any_one_of": ["^af"], "regex": True}, False),
        ({"not_any_of": ["guest"]}, True),
        ({"not_any_of": ["staff"]}, False),
        ({"not_any_of": ["a.f"], "regex": True}, False),
    ],
)
def test_conditions(condition, holds):
    remote = [NAME, {"type": "KIND", **condition}]
    if holds:
        assert mapped(USER, remote, ALICE).user["name"] == "alice"
    else:
        with pytest.raises(NoMatch):
            mapped(USER, remote, ALICE)


@pytest.mark.parametrize("told", [{}, {"NAME": []}, {"name": ["alice"]}])
def test_an_attribute_that_is_not_told_fails_its_rule(told):
    with pytest.raises(NoMatch):
        mapped(USER, [NAME], told)


@pytest.mark.parametrize(
    ("filter_", "groups"),
    [
        ({}, ["ops", "dev", "ops-eu"]),
        ({"whitelist": ["ops", "root"]}, ["ops"]),
        ({"whitelist": ["root"]}, []),
        ({"whitelist": ["^ops"], "regex": True}, ["ops", "ops-eu"]),
        ({"blacklist": ["ops"]}, ["dev", "ops-eu"]),
        ({"blacklist": ["^ops"], "regex": True}, ["dev"]),
    ],
)
def test_lists_of_groups(filter_, groups):
    local = [*USER, {"groups": "{1}", "domain": {"name": "D"}}]
    found = mapped(local, [NAME, {"type": "GROUPS", **filter_}], ALICE)
    assert found.groups == [{"name": name, "domain": {"name": "D"}} for name in groups]


def test_groups_by_id_and_by_name():
    local = [
        *USER,
        {"group": {"id": "g1"}},
        {"group": {"name": "g2", "domain": {"id": "d"}}},
        {"group_ids": "{1}"},
        {"groups": "['a', 'b']", "domain": {"id": "d"}},
    ]
    found = mapped(local, [NAME, {"type": "GROUPS"}], ALICE)
    assert found.group_ids == ["g1", "ops", "dev", "ops-eu"]
    assert [group["name"] for group in found.groups] == ["g2", "a", "b"]


def test_a_group_cannot_call_itself_a_list_of_groups():
    """Only the text of a rule is read as a list; what somebody may write into an attribute of their own is not."""
    told = {"NAME": ["mallory"], "GROUPS": ["['admins', 'root']"]}
    local = [*USER, {"groups": "{1}", "domain": {"name": "D"}}, {"group_ids": "{1}"}]
    found = mapped(local, [NAME, {"type": "GROUPS"}], told)
    assert [group["name"] for group in found.groups] == ["['admins', 'root']"]
    assert found.group_ids == ["['admins', 'root']"]


@given(st.text(max_size=40))
def test_what_is_told_is_text_and_nothing_else(text):
    if text:
        assert mapped(USER, [NAME], {"NAME": [text]}).user["name"] == text


def test_groups_of_another_cloud_come_with_their_domains():
    told = {"NAME": ["alice"], "openstack_groups": ['JSON:{"name":"ops","domain":{"name":"Default"}}']}
    found = mapped([*USER, {"groups": "{1}"}], [NAME, {"type": "openstack_groups"}], told)
    assert found.groups == [{"name": "ops", "domain": {"name": "Default"}}]
    with pytest.raises(NoMatch):
        mapped([*USER, {"groups": "{1}"}], [NAME, {"type": "openstack_groups"}], {**told, "openstack_groups": ["x"]})


def test_more_names_than_one_are_nobodys():
    with pytest.raises(NoMatch):
        mapped(USER, [NAME], {"NAME": ["alice", "root"]})


def test_a_place_that_is_not_kept():
    with pytest.raises(NoMatch):
        mapped([{"user": {"name": "{1}"}}], [NAME], ALICE)


def test_every_rule_that_holds_counts_and_the_first_user_is_the_user():
    rules = [
        {"local": USER, "remote": [NAME]},
        {"local": [{"user": {"name": "other"}}, {"group": {"id": "g"}}], "remote": [NAME]},
        {"local": [{"group": {"id": "h"}}], "remote": [{"type": "ABSENT"}]},
    ]
    found = processed(rules, "1.0", ALICE)
    assert (found.user["name"], found.group_ids) == ("alice", ["g"])


def test_domains_from_version_2_on():
    project = {"name": "p-{0}", "roles": [{"name": "member"}]}
    local = [*USER, {"projects": [project], "domain": {"name": "D"}}]
    first, second = (mapped(local, [NAME], ALICE, version) for version in ("1.0", "2.0"))
    assert "domain" not in first.user
    assert "domain" not in first.projects[0]
    assert second.user["domain"] == second.projects[0]["domain"] == {"name": "D"}
    assert second.projects[0]["name"] == "p-alice"


def test_projects_that_are_told_in_version_3():
    told = {**ALICE, "PROJECTS": ['[{"name": "p", "roles": [{"name": "member"}], "domain": {"id": "d"}}]']}
    local = [*USER, {"projects_json": "{1}"}]
    found = mapped(local, [NAME, {"type": "PROJECTS"}], told, "3.0")
    assert found.projects == [{"name": "p", "roles": [{"name": "member"}], "domain": {"id": "d"}}]
    assert found.follows
    for wrong in ("no", '[{"name": 1}]', '{"name": "p"}', '[{"name": "p", "roles": [], "admin": true}]'):
        with pytest.raises(NoMatch):
            mapped(local, [NAME, {"type": "PROJECTS"}], {**told, "PROJECTS": [wrong]}, "3.0")
