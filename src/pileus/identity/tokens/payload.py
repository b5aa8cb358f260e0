"""What a token says of itself, packed small: who, by which methods, in which scope, from when until when.

All else (names, roles, catalog) is looked up when the token is used, so it is never out of date.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

METHODS = (
    *("password", "token", "application_credential", "totp", "external", "mapped", "oauth1", "saml2", "openid"),
    *("ec2credential", "oauth2_credential", "x509"),
)
"""Bits of the packed form; only ever append."""

UNSCOPED, PROJECT, DOMAIN, SYSTEM = range(4)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_FORM, _LONG_FORM = 1, 2
"""Most tokens have the first; the second has what few tokens have at its end."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A token's own content.

    Attributes:
        scope: UNSCOPED, PROJECT, DOMAIN or SYSTEM; `scope_id` is the project's or domain's id.
        audit_ids: its own, and that of the first token of its chain where it was made from another.
        trust_id, application_credential_id, access_token_id: what it was made with; empty for none.
        identity_provider_id, protocol_id: who vouched for the user, and how; empty for the cloud itself.
        group_ids: the groups that the identity provider put the user in.
        thumbprint: of the certificate that its bearer must have; empty for anybody.
    """

    user_id: str
    methods: tuple[str, ...]
    scope: int
    scope_id: str
    issued_at: datetime
    expires_at: datetime
    audit_ids: tuple[str, ...]
    trust_id: str = ""
    application_credential_id: str = ""
    access_token_id: str = ""
    identity_provider_id: str = ""
    protocol_id: str = ""
    group_ids: tuple[str, ...] = ()
    thumbprint: str = ""

    def pack(self) -> bytes:
        """The packed form."""
        bits = sum({1 << METHODS.index(method) for method in self.methods})
        audit = [base64.urlsafe_b64decode(text + "==") for text in self.audit_ids]
        rare = [
            _short(self.access_token_id),
            self.identity_provider_id,
            self.protocol_id,
            [_short(group) for group in self.group_ids],
            self.thumbprint,
        ]
        more = any(rare)
        return _encode(
            [
                _LONG_FORM if more else _FORM,
                _short(self.user_id),
                bits,
                self.scope,
                _short(self.scope_id),
                _micros(self.issued_at),
                _micros(self.expires_at),
                audit,
                _short(self.trust_id),
                _short(self.application_credential_id),
                *(rare if more else ()),
            ]
        )


def unpack(data: bytes) -> Payload:
    """A payload from its packed form.

    Raises:
        ValueError: it is not of this form.
    """
    try:
        form, user, bits, scope, scope_id, issued, expires, audit, trust, credential, *rare = _decode(data)
        if (form, len(rare)) not in {(_FORM, 0), (_LONG_FORM, 5)}:
            raise ValueError("a token of another form")
        access, provider, protocol, groups, thumbprint = rare or ("", "", "", (), "")
    except (msgspec.DecodeError, ValueError, TypeError) as error:
        raise ValueError("not a token's payload") from error
    return Payload(
        user_id=_long(user),
        methods=tuple(name for bit, name in enumerate(METHODS) if bits >> bit & 1),
        scope=scope,
        scope_id=_long(scope_id),
        issued_at=_EPOCH + timedelta(microseconds=issued),
        expires_at=_EPOCH + timedelta(microseconds=expires),
        audit_ids=tuple(base64.urlsafe_b64encode(raw).decode().rstrip("=") for raw in audit),
        trust_id=_long(trust),
        application_credential_id=_long(credential),
        access_token_id=_long(access),
        identity_provider_id=provider,
        protocol_id=protocol,
        group_ids=tuple(_long(group) for group in groups),
        thumbprint=thumbprint,
    )


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _short(text: str) -> Any:
    """Half as many bytes for an id of 32 or 64 hexadecimal digits, the text itself for any other."""
    if len(text) in {32, 64}:
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            return text
        return raw if raw.hex() == text else text
    return text


def _long(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
