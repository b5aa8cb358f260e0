"""Settings of identity."""

from typing import Annotated, Literal

import msgspec

from pileus.kernel.settings import Settings, doc


class FrontSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of a web server in front that checks who its clients are.  Whatever it says is believed."""

    addresses: Annotated[tuple[str, ...], doc("Its addresses or networks; none: the headers below mean nothing.")] = ()
    secret: Annotated[str, doc("What it sends in X-Front-Secret; empty asks for none.")] = ""
    user_header: Annotated[str, doc("The header with the name of the user who has logged in there.")] = "X-Remote-User"
    domain_header: Annotated[str, doc("The header with the name of that user's domain.")] = "X-Remote-Domain"
    certificate_header: Annotated[str, doc("The header with the client's certificate, PEM in percent-encoding.")] = (
        "X-Client-Certificate"
    )


class OpenIdSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of an identity provider that speaks OpenID Connect."""

    issuer: Annotated[str, doc("What it calls itself; its configuration lies below.")]
    client_id: Annotated[str, doc("What this cloud is to it.")]
    client_secret: Annotated[str, doc("What this cloud proves that with; empty for a public client.")] = ""
    protocol: Annotated[str, doc("The id of the protocol resource that it serves.")] = "openid"
    scopes: Annotated[tuple[str, ...], doc("What is asked for at a login.")] = ("openid", "email", "profile")
    audiences: Annotated[tuple[str, ...], doc("For whom else tokens may be made that programs bring.")] = ()


class SamlSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of an identity provider that speaks SAML 2."""

    metadata: Annotated[str, doc("The file of its metadata: its entity id, addresses and certificates.")]
    protocol: Annotated[str, doc("The id of the protocol resource that it serves.")] = "saml2"


class FederationSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of identity providers, by their ids, and of the clouds that believe this one."""

    openid: Annotated[dict[str, OpenIdSettings], doc("Providers that speak OpenID Connect; see the guide.")] = (
        msgspec.field(default_factory=dict)
    )
    saml: Annotated[dict[str, SamlSettings], doc("Providers that speak SAML 2; see the guide.")] = msgspec.field(
        default_factory=dict
    )
    trusted_dashboards: Annotated[tuple[str, ...], doc("Addresses that tokens of a web login may be handed to.")] = ()
    membership_minutes: Annotated[
        int, doc("How long memberships that a provider tells of outlive its login, unless it has a time of its own.")
    ] = 0
    entity_id: Annotated[str, doc("What this cloud calls itself in SAML; empty takes its metadata's address.")] = ""
    assertion_seconds: Annotated[int, doc("How long an assertion for another cloud is good, in seconds.")] = 3600
    certificate_issuers: Annotated[
        tuple[str, ...], doc("Names of those whose certificates will do instead of a token (RFC 4514).")
    ] = ()


class PasswordSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """What passwords must be like, and for how long they do."""

    algorithm: Annotated[
        Literal["bcrypt", "scrypt", "argon2", "pbkdf2_sha512"],
        doc("What new hashes are made with; hashes of every kind are checked, and made anew at the next login."),
    ] = "bcrypt"
    regex: Annotated[str, doc("What a password must match from its start; empty for anything.")] = ""
    regex_description: Annotated[str, doc("The same in words for people.")] = ""
    expire_days: Annotated[int, doc("Days after which a password must be changed; 0 for never.")] = 0
    history: Annotated[int, doc("How many of the last passwords a user must not take again.")] = 0
    minimum_age_days: Annotated[int, doc("Days that a user must keep a password that they chose.")] = 0
    change_on_first_use: Annotated[bool, doc("Whether a password that an administrator set must be changed.")] = False
    inactive_days: Annotated[int, doc("Days without a login after which an account is off; 0 for never.")] = 0


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
    front: FrontSettings = FrontSettings()
    federation: FederationSettings = FederationSettings()
    password_rounds: Annotated[
        int, doc("The cost of a hash: bcrypt's and scrypt's logarithm of it, else the rounds; 0 for the usual one.")
    ] = 0
    passwords: PasswordSettings = PasswordSettings()
    lockout_attempts: Annotated[
        int, doc("Wrong passwords in a row after which an account is locked; 0 never locks.")
    ] = 0
    lockout_seconds: Annotated[
        int, doc("How long a locked account stays so, in seconds; 0 until an administrator enables it.")
    ] = 1800
    directory_seconds: Annotated[
        int, doc("How often users of LDAP who are known here are read from there again, in seconds.")
    ] = 300
    guesses_per_minute: Annotated[
        int, doc("Wrong passwords for a name, from one address, that are listened to in a minute; 0 for any number.")
    ] = 60
