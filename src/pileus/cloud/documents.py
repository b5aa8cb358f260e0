"""Documents derived from the declarations: OpenAPI, policy samples, reference pages."""

from collections.abc import Sequence

import msgspec

from pileus.cloud.settings import CloudSettings
from pileus.kernel.api.declare import Service
from pileus.kernel.api.openapi import document, full_path
from pileus.kernel.api.schema import Schema
from pileus.kernel.api.versions import Change, text
from pileus.kernel.settings import explain as explained


def reference(service: Service) -> str:
    """A service's reference page, in Markdown: every operation with its right, attributes and versions."""
    lines = [f"# {service.type}", "", f"OpenStack's {service.name}; mounted at `{service.prefix}{service.root}`.", ""]
    shown: set[type[Schema]] = set()
    for item in service.resources:
        made = item.declared
        lines += [f"## {made.name}", "", made.doc, "", "| operation | what | right | versions |", "|---|---|---|---|"]
        schemas: list[type[Schema]] = []
        for operation in made.operations:
            where = f"{operation.method} {full_path(service, made, operation)}"
            where += f" `{operation.action}`" if operation.action else ""
            first = operation.doc.partition("\n")[0]
            lines.append(f"| {where} | {first} | {operation.right} | {_span(operation.since, operation.until)} |")
            schemas += [s for s in (operation.body, operation.returns) if s is not None]
        lines.append("")
        for schema in dict.fromkeys(schemas):
            if schema not in shown and schema.fields:
                shown.add(schema)
                lines += _attributes(schema)
    changes = _history(service)
    return "\n".join([*lines, *(["## History", "", *changes] if changes else [])]).rstrip("\n") + "\n"


def _span(since: Change | None, until: Change | None) -> str:
    first = text(since.number) if since is not None and since.number else ""
    last = f"until {text(until.number)}" if until is not None else ""
    return " ".join(part for part in (first, last) if part)


def _attributes(schema: type[Schema]) -> list[str]:
    lines = [f"### {schema.__name__}", "", "| attribute | type | what | versions |", "|---|---|---|---|"]
    for item in schema.fields.values():
        kind = item.json.get("type", "any")
        shown = kind if isinstance(kind, str) else " or ".join(kind)
        where = "; read only" if item.read_only else ("; write only" if item.write_only else "")
        doc = item.doc.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| `{item.wire}` | {shown} | {doc}{where} | {_span(item.since, item.until)} |")
    return [*lines, ""]


def _history(service: Service) -> list[str]:
    changes = [f"* **{text(c.number)}** {c.doc}" for c in service.history.changes]
    changes += [f"* **{c.alias}** {c.doc}" for c in service.history.extensions.values()]
    return changes


def derived(services: Sequence[Service]) -> dict[str, bytes]:
    """Every derived document, by its path below the reference's folder."""
    found: dict[str, bytes] = {"settings.md": settings_page().encode()}
    for service in services:
        found[f"{service.type}.md"] = reference(service).encode()
        found[f"policy/{service.type}.yaml"] = service.policy.sample().encode()
        newest = msgspec.json.encode(document(service, service.history.maximum))
        found[f"openapi/{service.type}.json"] = msgspec.json.format(newest, indent=1) + b"\n"
    return found


def settings_page() -> str:
    """Every setting, as a Markdown table."""
    lines = ["# Settings", "", "`settings.toml` in the state folder.", ""]
    lines += ["| setting | default | what |", "|---|---|---|"]
    for name, text_, default in explained(CloudSettings):
        lines.append(f"| `{name}` | `{msgspec.json.encode(default).decode()}` | {text_} |")
    return "\n".join(lines) + "\n"
