"""Allocation candidates on the wire."""

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.declare import get, resource
from pileus.placement.candidates.logic import Candidates
from pileus.placement.candidates.schema import CandidateQuery
from pileus.placement.errors import BadParameter, DuplicateParameter, must_take_json
from pileus.placement.rules import ADMIN_OR_SERVICE
from pileus.placement.scheduling.request import parse
from pileus.placement.versions import CANDIDATES, not_cached


@resource("/allocation_candidates", policy="placement:allocation_candidates:%s", since=CANDIDATES)
class CandidateResource:
    """What could satisfy a request."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates

    @get(
        rule="list",
        allow=ADMIN_OR_SERVICE,
        query=CandidateQuery,
        many=False,
        raises=(BadParameter, DuplicateParameter),
    )
    async def index(self, call: Call) -> Answer:
        """List the ways to satisfy a request, each in the form in which allocations are written."""
        must_take_json(call)
        body = await self._candidates.find(call.tx, parse(call.params, call.version), call.version)
        not_cached(call)
        return Answer(200, {"Content-Type": "application/json"}, body)
