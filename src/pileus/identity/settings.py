"""Settings of identity."""

from typing import Annotated, Literal

import msgspec

from pileus.kernel.settings import Settings, doc


class FrontSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a web server in front that checks who its clients are.  Whatever it says is believed.

    Attributes:
        addresses: its addresses or networks; none: the headers below mean nothing.
        secret: what it sends in X-Front-Secret; empty asks for none.
        user_header: the header with the name of the user who has logged in there.
        domain_header: the header with the name of that user's domain.
        certificate_header: the header with the client's certificate, PEM in percent-encoding.
    """

    addresses: tuple[str, ...] = ()
    secret: str = ""
    user_header: str = "X-Remote-User"
    domain_header: str = "X-Remote-Domain"
    certificate_header: str = "X-Client-Certificate"


class OpenIdSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of an identity provider that speaks OpenID Connect.

    Attributes:
        issuer: what it calls itself; its configuration lies below.
        client_id: what this cloud is to it.
        client_secret: what this cloud proves that with; empty for a public client.
        protocol: the id of the protocol resource that it serves.
        scopes: what is asked for at a login.
        audiences: for whom else tokens may be made that programs bring.
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    protocol: str = "openid"
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    audiences: tuple[str, ...] = ()


class SamlSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of an identity provider that speaks SAML 2.

    Attributes:
        metadata: the file of its metadata: its entity id, addresses and certificates.
        protocol: the id of the protocol resource that it serves.
    """

    metadata: str
    protocol: str = "saml2"


class FederationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of identity providers, by their ids, and of the clouds that believe this one.

    Attributes:
        openid: providers that speak OpenID Connect; see the guide.
        saml: providers that speak SAML 2; see the guide.
        trusted_dashboards: addresses that tokens of a web login may be handed to.
        membership_minutes: how long memberships that a provider tells of outlive its login, unless it has a time of
            its own.
        entity_id: what this cloud calls itself in SAML; empty takes its metadata's address.
        assertion_seconds: how long an assertion for another cloud is good, in seconds.
        certificate_issuers: names of those whose certificates will do instead of a token (RFC 4514).
    """

    openid: dict[str, OpenIdSettings] = msgspec.field(default_factory=dict)
    saml: dict[str, SamlSettings] = msgspec.field(default_factory=dict)
    trusted_dashboards: tuple[str, ...] = ()
    membership_minutes: int = 0
    entity_id: str = ""
    assertion_seconds: int = 3600
    certificate_issuers: tuple[str, ...] = ()


class PasswordSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What passwords must be like, and for how long they do; one setting of several keys.

    Attributes:
        algorithm: what new hashes are made with; hashes of every kind are checked, and made anew at the next login.
        regex: what a password must match from its start; empty for anything.
        regex_description: the same in words for people.
        expire_days: days after which a password must be changed; 0 for never.
        history: how many of the last passwords a user must not take again.
        minimum_age_days: days that a user must keep a password that they chose.
        change_on_first_use: whether a password that an administrator set must be changed.
        inactive_days: days without a login after which an account is off; 0 for never.
    """

    algorithm: Literal["bcrypt", "scrypt", "argon2", "pbkdf2_sha512"] = "bcrypt"
    regex: str = ""
    regex_description: str = ""
    expire_days: int = 0
    history: int = 0
    minimum_age_days: int = 0
    change_on_first_use: bool = False
    inactive_days: int = 0


class AuditSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Who is told of changes and logins, in CADF's form."""

    to: Annotated[
        Literal["none", "log", "file"],
        doc("Where events go: the log, the file identity/audit.jsonl in the state folder, or nowhere."),
    ] = "none"
    password_key: Annotated[
        str, doc("With it, events of failed logins carry a few characters that tell wrong passwords apart.")
    ] = ""


class IdentitySettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How long tokens live and how dear a password is."""

    token_seconds: Annotated[int, doc("How long a token is good for, in seconds.")] = 3600
    expired_window_seconds: Annotated[
        int, doc("How long after its end a token may still be read by services that ask for it, in seconds.")
    ] = 172800
    seal: Annotated[
        Literal["fernet", "jws"], doc("How tokens are made: fernet (encrypted) or jws (signed, readable).")
    ] = "fernet"
    totp_earlier_passcodes: Annotated[int, doc("Passcodes before the present one that are still taken.")] = 1
    front: Annotated[
        FrontSettings,
        doc(
            "A web server in front to believe: addresses, secret, user_header, domain_header, certificate_header; "
            "see docs/guide/federation.md."
        ),
    ] = FrontSettings()
    federation: Annotated[
        FederationSettings,
        doc(
            "Identity providers: openid, saml, trusted_dashboards, membership_minutes, entity_id, assertion_seconds, "
            "certificate_issuers; see docs/guide/federation.md."
        ),
    ] = FederationSettings()
    password_rounds: Annotated[
        int, doc("The cost of a hash: bcrypt's and scrypt's logarithm of it, else the rounds; 0 for the usual one.")
    ] = 0
    passwords: Annotated[
        PasswordSettings,
        doc(
            "What passwords must be like: algorithm (bcrypt, scrypt, argon2, pbkdf2_sha512), regex, regex_description, "
            "expire_days, history, minimum_age_days, change_on_first_use, inactive_days; see docs/guide/passwords.md."
        ),
    ] = PasswordSettings()
    audit: AuditSettings = AuditSettings()
    lockout_attempts: Annotated[
        int, doc("Wrong passwords in a row after which an account is locked; 0 never locks.")
    ] = 0
    lockout_seconds: Annotated[
        int, doc("How long a locked account stays so, in seconds; 0 until an administrator enables it.")
    ] = 1800
    limit_model: Annotated[
        Literal["flat", "strict_two_level"],
        doc("Whether a project's limit must be within its domain's (strict_two_level) or not (flat)."),
    ] = "flat"
    directory_seconds: Annotated[
        int, doc("How often users of LDAP who are known here are read from there again, in seconds.")
    ] = 300
    guesses_per_minute: Annotated[
        int, doc("Wrong passwords for a name, from one address, that are listened to in a minute; 0 for any number.")
    ] = 60
