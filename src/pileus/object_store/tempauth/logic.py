"""Who the users of tempauth are, and their tokens.

Users and keys stand in the settings:

    [[object_store.features.tempauth]]
    account = "test"
    user = "tester"
    key = "testing"
    groups = [".admin"]

A token says who it is for and until when, signed with a key derived from the user's own: every process knows it, and
a changed key ends it.
"""

import base64
import hashlib
import hmac

from pileus.kernel.auth.caller import Caller
from pileus.kernel.world import World
from pileus.object_store.access.decision import GROUPS
from pileus.object_store.settings import ObjectStoreSettings, TemporaryUser

MARK = "AUTH_tk"
LIFE = 86400


class TemporaryUsers:
    """The users that the settings name."""

    def __init__(self, settings: ObjectStoreSettings, world: World) -> None:
        self._users = {f"{user.account}:{user.user}": user for user in settings.features.tempauth}
        self._prefixes = settings.prefixes
        self._world = world

    def __bool__(self) -> bool:
        return bool(self._users)

    def token(self, name: str, key: str) -> tuple[str, str, int] | None:
        """A token, the account that it is for, and the seconds that it lasts; None for a wrong name or key."""
        user = self._users.get(name)
        good = hmac.compare_digest((user.key if user is not None else "").encode(), key.encode())
        if user is None or not good or not user.key:
            return None
        text = f"{int(self._world.clock.now().timestamp()) + LIFE} {name}"
        encoded = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{MARK}{encoded}.{_signature(user, text)}", self._prefixes[0] + user.account, LIFE

    def caller(self, token: str) -> Caller | None:
        """Who a token is for; None if it is none of ours."""
        encoded, dot, signature = token.removeprefix(MARK).partition(".")
        if not token.startswith(MARK) or not dot:
            return None
        try:
            text = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except ValueError:
            return None
        until, _, name = text.partition(" ")
        user = self._users.get(name)
        if user is None or not hmac.compare_digest(_signature(user, text), signature):
            return None
        if int(until) < self._world.clock.now().timestamp():
            return None
        groups = {user.account, name, *user.groups}
        if ".admin" in groups:
            groups |= {prefix + user.account for prefix in self._prefixes}
        kept = tuple(sorted(groups - {".admin"}))
        return Caller(user_id=name, user_name=name, project_id=user.account, extra={GROUPS: kept})


def _signature(user: TemporaryUser, text: str) -> str:
    key = hashlib.sha256(f"{user.account}:{user.user}:{user.key}".encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
