"""`pileus docs` and `pileus config explain`: what is derived from declarations."""

from pathlib import Path

import msgspec

from pileus.cloud.settings import CloudSettings
from pileus.kernel.settings import explain as explained


def docs(output: Path) -> int:
    """Write the reference below a folder."""
    from pileus.cloud.assembly import declared
    from pileus.cloud.documents import derived

    for name, content in derived(declared()).items():
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_bytes(content)
    return 0


def explain() -> int:
    """Print every setting."""
    for name, text, default in explained(CloudSettings):
        print(f"{name} = {msgspec.json.encode(default).decode()}\n    {text}")
    return 0
