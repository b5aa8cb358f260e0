"""OpenID Connect: this cloud as a relying party of identity providers."""
