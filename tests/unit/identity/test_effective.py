"""The questions that lists of assignments are asked."""

import pytest

from pileus.identity.assignments.effective import question
from pileus.identity.errors import Malformed


@pytest.mark.parametrize(
    "params",
    [
        {"user.id": "a", "group.id": "b"},
        {"scope.project.id": "a", "scope.domain.id": "b"},
        {"scope.system": "all", "scope.domain.id": "b"},
        {"effective": "", "group.id": "b"},
        {"effective": "true", "scope.domain.id": "b", "scope.OS-INHERIT:inherited_to": "projects"},
    ],
)
def test_what_cannot_be_together(params):
    with pytest.raises(Malformed):
        question(params)


@pytest.mark.parametrize(("value", "asked"), [("", True), ("true", True), ("1", True), ("0", False), ("False", False)])
def test_flags(value, asked):
    assert question({"effective": value}).effective == asked
