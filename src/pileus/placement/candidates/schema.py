"""The query string of candidates, for documents; `scheduling/request.py` reads it, groups with names included."""

from pileus.kernel.api.fields import array, text
from pileus.kernel.api.schema import Schema
from pileus.placement.versions import (
    CANDIDATES_IN_TREE,
    CANDIDATES_LIMIT,
    CANDIDATES_MEMBER_OF,
    CANDIDATES_TRAITS,
    GRANULAR_GROUPS,
    PLACEMENT,
    ROOT_REQUIRED,
    SAME_SUBTREE,
)


class CandidateQuery(Schema, history=PLACEMENT, extra="keep"):
    """What is asked for."""

    resources = array(text("Amounts.", most=None), "Amounts by class: `VCPU:2,MEMORY_MB:1024`.")
    required = array(text("Traits.", most=None), "Traits required, or with `!` forbidden.", since=CANDIDATES_TRAITS)
    member_of = array(text("Aggregates.", most=None), "Aggregates of the providers.", since=CANDIDATES_MEMBER_OF)
    in_tree = array(text("A provider.", most=None), "A provider of the tree.", since=CANDIDATES_IN_TREE)
    limit = array(text("A number.", most=None), "Candidates at the most.", since=CANDIDATES_LIMIT)
    group_policy = array(
        text("A policy.", most=None), "`isolate` gives each group a provider of its own.", since=GRANULAR_GROUPS
    )
    root_required = array(text("Traits.", most=None), "Traits of the tree's root.", since=ROOT_REQUIRED)
    same_subtree = array(text("Groups.", most=None), "Groups that are kept below one.", since=SAME_SUBTREE)
