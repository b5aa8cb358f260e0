"""The questions that lists of assignments are asked."""

import pytest

from pileus.identity.application_credentials.logic import moment
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


@pytest.mark.parametrize("text", ["", "x", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2026-13-01"])
def test_moments_that_are_none(text):
    with pytest.raises(Malformed):
        moment(text)
