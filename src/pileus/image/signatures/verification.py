"""Verifying that data are what the owner of a certificate signed.

Source: Glance's user guide, "Image Signature Verification"; RSA-PSS with the longest salt, as its `cursive` library.
Data are verified when an image has all four properties `img_signature*`.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pileus.image.signatures.certificates import CertificateMissing, Certificates
from pileus.kernel.api.errors import BadRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hashes

SIGNATURE = "img_signature"
HASH_METHOD = "img_signature_hash_method"
KEY_TYPE = "img_signature_key_type"
CERTIFICATE = "img_signature_certificate_uuid"
PROPERTIES = (SIGNATURE, HASH_METHOD, KEY_TYPE, CERTIFICATE)

METHODS = {"SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
CURVES = {"ECC_SECP521R1": "secp521r1", "ECC_SECP384R1": "secp384r1"}
"""Elliptic curves.  Glance names four over binary fields as well, which the cryptography library has given up."""


class SignatureRefused(BadRequest):
    """400: the data are not what was signed, or it cannot be told."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Signature verification for the image failed: {reason}.")


def signed(properties: Mapping[str, Any]) -> bool:
    """Whether an image's data must have a good signature."""
    return all(properties.get(name) for name in PROPERTIES)


class Verifier:
    """Verifies signatures with the certificates of a key manager."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates

    async def verify(self, properties: Mapping[str, Any], path: Path) -> None:
        """Verify a file's data, if the image's properties ask for it.

        Raises:
            SignatureRefused: the signature is not good, or cannot be checked.
        """
        if not signed(properties):
            return
        method = METHODS.get(properties[HASH_METHOD])
        if method is None:
            raise SignatureRefused(f"invalid signature hash method: {properties[HASH_METHOD]}")
        try:
            signature = base64.b64decode(properties[SIGNATURE], validate=True)
        except (binascii.Error, ValueError):
            raise SignatureRefused("the signature is not base64") from None
        try:
            certificate = await self._certificates.get(properties[CERTIFICATE])
        except CertificateMissing:
            raise SignatureRefused(f"unable to retrieve certificate with ID {properties[CERTIFICATE]}") from None
        digest = await asyncio.to_thread(_digest, path, method)
        await asyncio.to_thread(_check, certificate, properties[KEY_TYPE], method, signature, digest)


def _digest(path: Path, method: str) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, method).digest()


def _check(certificate: bytes, key_type: str, method: str, signature: bytes, digest: bytes) -> None:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    algorithm: hashes.HashAlgorithm = getattr(hashes, method.upper())()
    pem = certificate.lstrip().startswith(b"-----")
    load = x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate
    try:
        key = load(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureRefused("the certificate cannot be read") from None
    try:
        _verify(key, key_type, signature, digest, algorithm)
    except InvalidSignature:
        raise SignatureRefused("the data are not what was signed") from None


def _verify(key: Any, key_type: str, signature: bytes, digest: bytes, algorithm: "hashes.HashAlgorithm") -> None:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa, utils

    prehashed = utils.Prehashed(algorithm)
    if key_type == "RSA-PSS" and isinstance(key, rsa.RSAPublicKey):
        salted = padding.PSS(mgf=padding.MGF1(algorithm), salt_length=padding.PSS.MAX_LENGTH)
        key.verify(signature, digest, salted, prehashed)
    elif key_type == "DSA" and isinstance(key, dsa.DSAPublicKey):
        key.verify(signature, digest, prehashed)
    elif key_type in CURVES and isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == CURVES[key_type]:
        key.verify(signature, digest, ec.ECDSA(prehashed))
    elif key_type in {"RSA-PSS", "DSA", *CURVES}:
        raise SignatureRefused(f"the certificate's key is not of the type {key_type}")
    else:
        raise SignatureRefused(f"invalid signature key type: {key_type}")
