"""The matrix of rights: each operation, asked by each kind of caller, and what came back.

`python -m tests.fuzz.rights` writes it to `tests/fuzz/rights.tsv`; a test compares.  Everything is dry.
"""

from pathlib import Path

from tests.fuzz.bodies import body_of
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import PERSONAS
from tests.fuzz.registry import targets

TABLE = Path(__file__).parents[1] / "rights.tsv"
HEAD = ("service", "operation", *PERSONAS)


def asked(cloud: FuzzCloud) -> list[tuple[str, ...]]:
    """The rows: 2xx and 5xx as such, 400 and 409 and the like as `4xx` (let in, but refused for what was asked), and
    401, 403 and 404 by themselves."""
    rows = []
    cloud.store.dry = True
    try:
        for service in cloud.services:
            for target in targets(cloud, service.type):
                body = body_of(cloud, service, target.operation, target.version)
                sent = {} if body is None else {"body": body}
                cells = []
                for person in PERSONAS:
                    token = "" if person == "nobody" else person
                    reply = cloud.ask(target.operation.method, target.url, token=token, headers=target.headers, **sent)
                    cells.append(str(reply.status) if reply.status in {401, 403, 404} else f"{reply.status // 100}xx")
                rows.append((service.type, target.name, *cells))
    finally:
        cloud.store.dry = False
    return sorted(set(rows))


def text(rows: list[tuple[str, ...]]) -> str:
    """The table as it is kept."""
    return "".join("\t".join(row) + "\n" for row in (HEAD, *rows))
