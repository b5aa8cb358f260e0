"""Rotating the keys of tokens, while the cloud runs or stands still."""

from datetime import datetime, timedelta
from pathlib import Path

from pileus.identity.seals.jws_keys import JwsKeys
from pileus.identity.settings import IdentitySettings
from pileus.identity.tokens.keys import Keys
from pileus.kernel.ids import Ids


def fernet_keys(state: Path, ids: Ids) -> Keys:
    """The keys of encrypted tokens."""
    return Keys(state / "identity" / "fernet-keys", ids)


def jws_keys(state: Path, ids: Ids) -> JwsKeys:
    """The keys of signed tokens."""
    return JwsKeys(state / "identity" / "jws-keys", ids)


def rotate(state: Path, ids: Ids, settings: IdentitySettings, now: datetime) -> None:
    """Rotate the keys of a cloud's tokens; processes that run take them up by themselves.

    Keys go whose last token has ended, the time included in which it may still be read.
    """
    life = timedelta(seconds=settings.token_seconds + settings.expired_window_seconds)
    needed_since = (now - life).timestamp()
    fernet_keys(state, ids).rotate(now=now.timestamp(), needed_since=needed_since)
    if settings.seal == "jws":
        jws_keys(state, ids).rotate(kept_since=needed_since)
