"""The answer to a request that did many things: how many went well, and what did not."""

from dataclasses import dataclass, field
from urllib.parse import quote
from xml.sax.saxutils import escape

import msgspec

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import ApiError
from pileus.object_store.wire import bodies, lists


@dataclass(slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        counts: by what is counted, and what else is to be said.
        errors: (name, status) of what failed.
        body: what went wrong with the request as a whole.
        root: the element that XML starts with.
    """

    counts: dict[str, int | str]
    errors: list[tuple[str, str]] = field(default_factory=list)
    status: str = "200 OK"
    body: str = ""
    root: str = "delete"

    def count(self, what: str) -> None:
        """One more of something."""
        self.counts[what] = int(self.counts[what]) + 1

    def fail(self, name: str, status: str) -> None:
        """Note a failure."""
        self.errors.append((quote(name), status))
        self.status = "400 Bad Request"


def answer(call: Call, outcome: Outcome, *, status: int = 200, bare: bool = False) -> Answer:
    """An outcome in the form that the request accepts; the answer's own status says little, as in Swift.

    Args:
        bare: whether only the failures are told.
    """
    try:
        form = lists.form_of(call)
    except ApiError:
        form = "plain"
    shown = {} if bare else {**outcome.counts, "Response Body": outcome.body, "Response Status": outcome.status}
    if form == "json":
        body = msgspec.json.encode({**shown, "Errors": outcome.errors})
    elif form == "xml":
        lines = [
            f"<{key.lower().replace(' ', '_')}>{escape(str(value))}</{key.lower().replace(' ', '_')}>\n"
            for key, value in sorted(shown.items())
        ]
        errors = [f"<object><name>{escape(n)}</name><status>{escape(s)}</status></object>\n" for n, s in outcome.errors]
        root = outcome.root
        body = "".join([f"<{root}>\n", *lines, "<errors>\n", *errors, f"</errors>\n</{root}>\n"]).encode()
    else:
        lines = [f"{key}: {value}\n" for key, value in sorted(shown.items())]
        body = "".join([*lines, "Errors:\n", *(f"{name}, {status}\n" for name, status in outcome.errors)]).encode()
    return Answer(status, {"Content-Type": f"{lists.FORMS[form]}; charset=utf-8"}, stream=bodies.once(body))
