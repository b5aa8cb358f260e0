"""`pileus status`: how the cloud and its machine do."""

from pathlib import Path
from typing import Any

import msgspec

from pileus.cloud import inquiry
from pileus.cloud.folder import StateFolder, default_folder


def status(state: Path | None) -> int:
    """Print how the cloud does; the exit status is 1 when it is not up."""
    folder = StateFolder(state or default_folder())
    if folder.running() is None:
        print(f"The cloud in {folder.root} is not up.")
        return 1
    answer = inquiry.ask(folder, "status")
    _show(answer, "")
    return 0


def _show(value: Any, indent: str) -> None:
    for name, item in value.items():
        if isinstance(item, dict):
            print(f"{indent}{name}:")
            _show(item, indent + "  ")
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            print(f"{indent}{name}:")
            for each in item:
                print(
                    indent + "  " + ", ".join(f"{key} {text}" for key, text in each.items() if text not in ("", None))
                )
        else:
            shown = item if isinstance(item, str) else msgspec.json.encode(item).decode()
            print(f"{indent}{name}: {shown}")
