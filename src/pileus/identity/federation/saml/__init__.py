"""SAML 2: this cloud as a service provider, and as an identity provider of other clouds."""
