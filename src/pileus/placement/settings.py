"""Settings of the placement service."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc

NOBODY = "00000000-0000-0000-0000-000000000000"


class PlacementSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the placement service."""

    most_candidates: Annotated[int, doc("Candidates found for one request at the most; 0 for no bound.")] = 0
    randomize_candidates: Annotated[bool, doc("Whether a limited answer is a random sample of all candidates.")] = False
    incomplete_project: Annotated[str, doc("The project of consumers written before it had to be named.")] = NOBODY
    incomplete_user: Annotated[str, doc("The user of consumers written before it had to be named.")] = NOBODY
