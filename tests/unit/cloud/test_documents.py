"""What is derived from the declarations, and checked in, is what the declarations say now."""

from pathlib import Path

import pytest

from pileus.cloud.assembly import declared
from pileus.cloud.documents import derived
from pileus.cloud.settings import CloudSettings
from pileus.kernel.settings import explain

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


@pytest.fixture(scope="module")
def services():
    return declared()


def test_the_reference_is_up_to_date(services):
    kept = {name: REFERENCE / name for name in derived(services)}
    stale = [n for n, content in derived(services).items() if not kept[n].exists() or kept[n].read_bytes() != content]
    assert stale == [], "run `make docs` and commit what changes"


def test_every_setting_is_documented_and_there_are_few():
    found = list(explain(CloudSettings))
    assert [name for name, text, _ in found if not text] == []
    assert len(found) <= 64


def test_every_operation_says_what_it_does_and_who_may(services):
    silent, open_ = [], []
    for service in services:
        for item in service.resources:
            for operation in item.declared.operations:
                where = f"{service.type} {operation.method} {item.declared.path}{operation.path} {operation.action}"
                if not operation.doc:
                    silent.append(where)
                if operation.right == "" and not operation.public and operation.allow:
                    open_.append(where)
    assert silent == []
    assert open_ == []
