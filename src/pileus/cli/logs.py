"""`pileus logs`: the end of a log."""

from pathlib import Path

from pileus.cloud.folder import StateFolder, default_folder


def logs(state: Path | None, name: str, lines: int) -> int:
    """Print the last lines of a log, or the names of all."""
    folder = StateFolder(state or default_folder())
    found = {path.stem: path for path in sorted(folder.log.parent.glob("*.log"))}
    if name not in found:
        print("Logs: " + (", ".join(found) or "none"))
        return 1 if name else 0
    for line in found[name].read_text(errors="replace").splitlines()[-lines:]:
        print(line)
    return 0
