"""What a request for a token has shown."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pileus.identity.tokens.payload import Payload
from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.store import Row


@dataclass(slots=True)
class Proof:
    """What one method proved.

    Attributes:
        methods: what counts as proven.
        parent: the token that it was proven with.
        credential: the application credential that it was proven with.
        access_token: the OAuth 1.0a access token that it was proven with.
        identity_provider_id, protocol_id: who vouches for the user, and how; empty for the cloud itself.
        group_ids: the groups that the identity provider put the user in.
    """

    user_id: str
    methods: tuple[str, ...]
    parent: Payload | None = None
    credential: Row | None = None
    access_token: Row | None = None
    identity_provider_id: str = ""
    protocol_id: str = ""
    group_ids: tuple[str, ...] = ()

    def join(self, other: "Proof") -> None:
        """Take in what another method proved of the same user.

        Raises:
            Unauthorized: it speaks of another user, or of another delegation.
        """
        if other.user_id != self.user_id:
            raise Unauthorized
        self.methods = tuple(dict.fromkeys((*self.methods, *other.methods)))
        for name in ("parent", "credential", "access_token", "identity_provider_id", "protocol_id", "group_ids"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine and theirs and mine != theirs:
                raise Unauthorized
            setattr(self, name, mine or theirs)


Method = Callable[[dict[str, Any], Call], Awaitable[Proof]]
"""Takes its part of `identity` and the whole request, and gives a proof or raises Unauthorized."""
