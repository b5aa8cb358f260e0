"""`pileus trace`: what a request caused."""

from pathlib import Path

from pileus.cloud import inquiry
from pileus.cloud.folder import StateFolder, default_folder


def trace(state: Path | None, request: str) -> int:
    """Print the operations of a request with their steps, and its log lines."""
    folder = StateFolder(state or default_folder())
    found = inquiry.ask(folder, "trace", request=request) if folder.running() is not None else []
    for operation in found:
        print(f"{operation['created_at']} {operation['kind']} {operation['resource_id']}: {operation['state']}")
        for step in operation["steps"]:
            print(f"    {step['seconds']:8.3f} s  {step['name']}: {step['state']} {step['error'] or ''}".rstrip())
    lines = [line for line in _log_lines(folder) if request in line]
    for line in lines:
        print(line)
    return 0 if found or lines else 1


def _log_lines(folder: StateFolder) -> list[str]:
    try:
        return folder.log.read_text(errors="replace").splitlines()
    except OSError:
        return []
