"""`pileus docs` and `pileus config explain`: what is derived from declarations."""

from pathlib import Path

import msgspec

from pileus.cloud import documents
from pileus.cloud.settings import CloudSettings
from pileus.kernel.api.openapi import document
from pileus.kernel.settings import explain as explained


def settings_page() -> str:
    """Every setting, as a Markdown table."""
    lines = [
        "# Settings",
        "",
        "`settings.toml` in the state folder.",
        "",
        "| setting | default | what |",
        "|---|---|---|",
    ]
    for name, text, default in explained(CloudSettings):
        lines.append(f"| `{name}` | `{msgspec.json.encode(default).decode()}` | {text} |")
    return "\n".join(lines) + "\n"


def docs(output: Path) -> int:
    """Write the reference below a folder."""
    from pileus.cloud.assembly import declared

    (output / "policy").mkdir(parents=True, exist_ok=True)
    (output / "openapi").mkdir(parents=True, exist_ok=True)
    (output / "settings.md").write_text(settings_page())
    for service in declared():
        (output / f"{service.type}.md").write_text(documents.reference(service) + "\n")
        (output / f"{service.type}-history.md").write_text(documents.history(service) + "\n")
        (output / "policy" / f"{service.type}.yaml").write_text(service.policy.sample() + "\n")
        newest = msgspec.json.format(msgspec.json.encode(document(service, service.history.maximum)), indent=1)
        (output / "openapi" / f"{service.type}.json").write_bytes(newest + b"\n")
    return 0


def explain() -> int:
    """Print every setting."""
    for name, text, default in explained(CloudSettings):
        print(f"{name} = {msgspec.json.encode(default).decode()}\n    {text}")
    return 0
