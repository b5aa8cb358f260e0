"""Signing and verifying with xmlsec1, in threads; the cloud's own key."""

import base64
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from pileus.identity.federation.saml.names import ASSERTION, PROTOCOL
from pileus.identity.federation.saml.structure import NotGood
from pileus.kernel.api.errors import Unavailable
from pileus.kernel.clock import Clock

_NODES = {
    f"{{{PROTOCOL}}}Response": f"{PROTOCOL}:Response",
    f"{{{ASSERTION}}}Assertion": f"{ASSERTION}:Assertion",
}
_YEARS = timedelta(days=3650)


class OwnKey:
    """The key that assertions for other clouds are signed with, and its certificate."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._folder = folder
        self.key = folder / "key.pem"

    def certificate(self) -> str:
        """The certificate as metadata has it; made with its key where there is none."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        if not self.key.exists():
            self._make()
        read = x509.load_pem_x509_certificate((self._folder / "certificate.pem").read_bytes())
        return base64.b64encode(read.public_bytes(Encoding.DER)).decode()

    def _make(self) -> None:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pileus")])
        now = self._clock.now()
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _YEARS)
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self._folder / "certificate.pem", made.public_bytes(serialization.Encoding.PEM))
        _write(self.key, private)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    part.rename(path)


def _backend() -> Any:
    """xmlsec1 as pysaml2 calls it.

    Raises:
        Unavailable: this machine has not got it.
    """
    try:
        from saml2.sigver import CryptoBackendXmlSec1, SigverError, get_xmlsec_binary
    except ImportError as error:
        raise Unavailable("SAML needs pysaml2, which this machine has not got.") from error
    try:
        return CryptoBackendXmlSec1(get_xmlsec_binary())
    except SigverError as error:
        raise Unavailable("SAML needs xmlsec1, which this machine has not got.") from error


def sign(assertion: bytes, identifier: str, key: Path) -> str:
    """An assertion with its signature filled in; takes long, for threads."""
    signed: str = _backend().sign_statement(assertion.decode(), f"{ASSERTION}:Assertion", str(key), identifier)
    return signed.partition("?>")[2].strip() if signed.startswith("<?xml") else signed


def verify(document: bytes, element: Any, certificates: list[str]) -> None:
    """Raise unless an element's signature is of one of these certificates' keys; takes long, for threads.

    Raises:
        NotGood: it is not.
        Unavailable: this machine has no xmlsec1.
    """
    from saml2.s_utils import SamlException
    from saml2.sigver import SigverError

    backend = _backend()
    for text in certificates:
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(_pem(text))
            file.flush()
            try:
                if backend.validate_signature(document, file.name, "pem", _NODES[element.tag], element.get("ID")):
                    return
            except (SigverError, SamlException):
                continue
    raise NotGood("the signature is not the provider's")


def _pem(text: str) -> bytes:
    bare = "".join(text.split())
    lines = [bare[start : start + 64] for start in range(0, len(bare), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]).encode()
