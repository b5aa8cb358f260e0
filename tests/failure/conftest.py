"""A real cloud for the tests of one file."""

from collections.abc import Iterator

import pytest
from tests.e2e.cloud import RealCloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[RealCloud]:
    """A cloud that is up and furnished, in namespaces of its own."""
    made = RealCloud()
    try:
        made.up()
        made.furnish()
        yield made
    finally:
        made.close()
