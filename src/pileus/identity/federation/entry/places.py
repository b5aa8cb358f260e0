"""The addresses of this cloud that identity providers know.

They come from the cloud's own public address and never from what a client says that it called: an answer for another
place must not be good here because somebody claims that this is that place.
"""


class Places:
    """Addresses below the cloud's public one.

    Args:
        entity_id: what the cloud calls itself in SAML; empty takes its metadata's address.
    """

    def __init__(self, entity_id: str) -> None:
        self._entity_id = entity_id
        self.root = ""
        """The cloud's public address; set when it starts."""

    def at(self, path: str) -> str:
        """An address of the identity API."""
        return f"{self.root}/identity/v3/{path}"

    @property
    def entity_id(self) -> str:
        """What the cloud calls itself in SAML."""
        return self._entity_id or self.at("OS-FEDERATION/saml2/metadata")

    @property
    def callback(self) -> str:
        """Where OpenID providers send browsers back to."""
        return self.at("auth/OS-FEDERATION/openid/callback")

    @property
    def consumer(self) -> str:
        """Where SAML providers have assertions brought to."""
        return self.at(_CONSUMER)

    @property
    def consumers(self) -> frozenset[str]:
        """The same by each of its addresses."""
        return frozenset({self.consumer, f"{self.root}/v3/{_CONSUMER}"})

    def entrance(self, provider: str, protocol: str) -> str:
        """Where a token is to be had with what a provider has said."""
        return self.at(f"OS-FEDERATION/identity_providers/{provider}/protocols/{protocol}/auth")


_CONSUMER = "auth/OS-FEDERATION/saml2/acs"
