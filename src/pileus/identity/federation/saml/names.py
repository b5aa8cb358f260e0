"""The names of SAML 2 and of what carries it."""

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
PAOS = "urn:liberty:paos:2003-08"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"

POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
PAOS_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
URI = "urn:oasis:names:tc:SAML:2.0:bindings:URI"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"  # noqa: S105 - a name
ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
NEXT = "http://schemas.xmlsoap.org/soap/actor/next"

PAOS_TYPE = "application/vnd.paos+xml"

ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
CANONICAL = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SIGNED_WITH = frozenset(
    "http://www.w3.org/2001/04/xmldsig-more#" + name
    for name in ("rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512")
)
DIGESTED_WITH = frozenset(
    {SHA256, "http://www.w3.org/2001/04/xmlenc#sha512", "http://www.w3.org/2001/04/xmldsig-more#sha384"}
)
"""What signatures are taken with: no SHA-1, no MAC."""

PREFIXES = {
    "saml": ASSERTION,
    "samlp": PROTOCOL,
    "md": METADATA,
    "ecp": ECP,
    "paos": PAOS,
    "S": SOAP,
    "ds": SIGNATURE,
}
