"""`pileus rotate-keys`: new keys for tokens."""

from pathlib import Path

from pileus.cloud.folder import StateFolder, default_folder
from pileus.cloud.settings import CloudSettings
from pileus.identity.seals.rotation import rotate
from pileus.kernel.clock import SystemClock
from pileus.kernel.ids import SystemIds
from pileus.kernel.settings import InvalidSettings, load


def rotate_keys(state: Path | None) -> int:
    """Rotate the keys of tokens.  A cloud that runs takes them up within half a minute, and no token ends early."""
    folder = StateFolder(state or default_folder())
    if not folder.root.is_dir():
        print(f"There is no cloud in {folder.root}.")
        return 1
    try:
        settings = load(CloudSettings, folder.settings if folder.settings.exists() else None)
    except InvalidSettings as error:
        print(error)
        return 1
    rotate(folder.root, SystemIds(), settings.identity, SystemClock().now())
    print("Tokens are made with new keys from now on.")
    return 0
