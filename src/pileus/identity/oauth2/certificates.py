"""What is read from a client's certificate, of whose key a front end has seen the proof."""

import base64
import hashlib
from dataclasses import dataclass

_NAMES = {"1.2.840.113549.1.9.1": "emailAddress"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client's certificate.

    Attributes:
        subject, issuer: parts of their distinguished names, by their short names (CN, O, …).
        issuer_dn: the issuer's whole name as web servers write it, the most special part first (RFC 4514).
        thumbprint: what a token that is bound to the certificate says of it.
    """

    subject: dict[str, str]
    issuer: dict[str, str]
    subject_dn: str
    issuer_dn: str
    thumbprint: str

    def assertion(self, subject: str, issuer: str) -> dict[str, list[str]]:
        """Both names for a mapping, their parts under a prefix each."""
        found = {f"{subject}{name.upper()}": [value] for name, value in self.subject.items()}
        return found | {f"{issuer}{name.upper()}": [value] for name, value in self.issuer.items()}


def certificate(pem: bytes) -> Certificate:
    """A certificate from PEM.

    Raises:
        ValueError: it is none.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    read = x509.load_pem_x509_certificate(pem)

    def parts(name: x509.Name) -> dict[str, str]:
        return {
            _NAMES.get(item.oid.dotted_string, item.rfc4514_attribute_name): str(item.value)
            for item in name
            if isinstance(item.value, str)
        }

    digest = hashlib.sha256(read.public_bytes(Encoding.PEM)).digest()
    return Certificate(
        subject=parts(read.subject),
        issuer=parts(read.issuer),
        subject_dn=read.subject.rfc4514_string(),
        issuer_dn=read.issuer.rfc4514_string(),
        thumbprint=base64.urlsafe_b64encode(digest).decode(),
    )
