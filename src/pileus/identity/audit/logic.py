"""Writes an event for each change of identity and each login, where a setting says so.

It looks at what was asked and answered, so that no operation can forget to tell.  Bodies are never copied: of what was
sent only identifiers are taken.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from pileus.identity.audit.events import Happening, Initiator, cadf, fingerprint, happening, login, named
from pileus.identity.settings import AuditSettings
from pileus.kernel import log
from pileus.kernel.api.call import Answer, Call

LOG = log.get("identity.audit")
Sink = Callable[[str, dict[str, Any]], None]
_KEYS = {"OS-TRUST:trust": "trust"}


def sink_of(settings: AuditSettings, folder: Path) -> Sink | None:
    """Where events go; None for nowhere."""
    if settings.to == "log":
        return lambda event, payload: LOG.info(event, cadf=payload)
    if settings.to == "file":
        return _File(folder / "audit.jsonl")
    return None


class _File:
    """A file with one event a line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        path.chmod(0o600)

    def __call__(self, event: str, payload: dict[str, Any]) -> None:
        line = msgspec.json.encode({"event_type": event, "publisher_id": "identity", "payload": payload})
        self._file.write(line + b"\n")


class Auditor:
    """Tells a sink what happened.

    Args:
        password_key: what the fingerprints of wrong passwords are made with; empty makes none.
    """

    def __init__(self, sink: Sink | None, password_key: str) -> None:
        self._sink = sink
        self._key = password_key

    def complete(self, call: Call, answer: Answer) -> None:
        """Write the event of a request that was answered, if it is one to be told of."""
        if self._sink is None or call.request.method in {"GET", "HEAD", "OPTIONS"}:
            return
        what = self._what(call, answer)
        if what is None:
            return
        event = cadf(
            what,
            self._who(call, answer),
            id=call.world.ids.uuid(),
            moment=call.world.clock.now().isoformat(timespec="microseconds"),
            status=answer.status,
            reason=_message(answer),
            service_id="identity",
        )
        self._sink(what.event, event)

    def _what(self, call: Call, answer: Answer) -> Happening | None:
        operation = call.operation
        path = operation.resource.path + operation.path if operation.resource else ""
        if path == "/auth/tokens" and operation.method == "POST":
            wrong = _given(call).get("password") if answer.status == 401 and self._key else None
            return login([fingerprint(wrong, self._key)] if isinstance(wrong, str) else None)
        if path.endswith("/password"):
            return happening("updated", "user", call.names.get("user_id", ""), {})
        found = named(operation.right.partition(":")[2])
        if found is None:
            return None
        done, noun = found
        if noun == "role_assignment":
            names = {name.removesuffix("_id"): value for name, value in call.names.items()}
            inherited = "inherited" in path
            details = {"role": names.pop("role", ""), "inherited_to_projects": inherited, **_parties(path, names)}
            return happening(done, noun, "", details)
        key = f"{_KEYS.get(noun, noun)}_id"
        target = call.names.get(key) or call.names.get("id") or _made(answer, _KEYS.get(noun, noun))
        return happening(done, noun, target, {})

    def _who(self, call: Call, answer: Answer) -> Initiator:
        client, who = call.request.client, call.who
        user_id, name = who.user_id, who.user_name
        if not user_id:
            token = _decoded(answer).get("token", {}) if answer.status < 400 else {}
            known = token.get("user") or _given(call)
            user_id = str(known.get("id") or call.names.get("user_id") or "")[:64]
            name = str(known.get("name") or "")[:255]
        return Initiator(
            user_id=user_id,
            name=name,
            project_id=who.project_id,
            domain_id=who.domain_id,
            address=client.host if client else "",
            agent=call.request.headers.get("user-agent", "")[:255],
            request_id=call.request_id,
        )


def _given(call: Call) -> dict[str, Any]:
    """Who a request to log in says that it comes from."""
    body = call.body if isinstance(call.body, dict) else {}
    for part in ("identity", "password", "user"):
        body = body.get(part) or {}
        if not isinstance(body, dict):
            return {}
    return body


def _parties(path: str, names: dict[str, str]) -> dict[str, str]:
    """To whom, and on what, by the path of an assignment."""
    actor = "group" if "/groups/" in path else "user"
    target = "domain" if "/domains/" in path else "project" if "/projects/" in path else "system"
    found = {actor: names.get("actor", ""), target: names.get("target", "all")}
    return {name: value for name, value in found.items() if value}


def _decoded(answer: Answer) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(answer.body) if answer.body else {}
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _made(answer: Answer, key: str) -> str:
    made = _decoded(answer).get(key)
    return str(made.get("id", "")) if isinstance(made, dict) else ""


def _message(answer: Answer) -> str:
    error = _decoded(answer).get("error") if answer.status >= 400 else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""
