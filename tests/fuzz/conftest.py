"""One cloud for all tests of bad input."""

from collections.abc import Iterator

import pytest
from tests.fuzz import seeds
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import populate


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FuzzCloud]:
    made = FuzzCloud(tmp_path_factory.mktemp("cloud"))
    populate(made)
    seeds.make(made)
    yield made
    made.close()
