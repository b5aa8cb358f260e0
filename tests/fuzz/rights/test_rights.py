"""Who gets in: compared with the table that was looked at when it was checked in."""

from collections.abc import Iterator

import pytest
from tests.fuzz import seeds
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import populate
from tests.fuzz.rights.matrix import HEAD, TABLE, asked, text


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzCloud]:
    """A cloud that no other test has written to."""
    made = FuzzCloud(tmp_path_factory.mktemp("rights"))
    populate(made)
    seeds.make(made)
    yield made
    made.close()


def test_rights_are_those_of_the_table(cloud: FuzzCloud) -> None:
    now, kept = text(asked(cloud)).splitlines(), TABLE.read_text().splitlines()
    changed = [f"- {line}" for line in kept if line not in now] + [f"+ {line}" for line in now if line not in kept]
    again = "if that is meant: python -m tests.fuzz.rights, and look at the difference"
    assert not changed, "\n".join([*sorted(changed, key=lambda line: line[2:])[:60], again])


def test_strangers_change_nothing(cloud: FuzzCloud) -> None:
    """Whoever is of another project may only do to named resources of ours what the exceptions say."""
    named = [row for row in asked(cloud) if "{" in row[1] and not row[1].startswith(("GET", "HEAD"))]
    let_in = {f"{row[0]} {row[1]}" for row in named if row[HEAD.index("stranger")] == "2xx"}
    assert let_in <= STRANGERS_MAY, sorted(let_in - STRANGERS_MAY)


STRANGERS_MAY: set[str] = set()
"""Operations on what belongs to nobody or to the caller itself."""
