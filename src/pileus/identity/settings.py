"""Settings of identity."""

from typing import Annotated, Literal

import msgspec

from pileus.kernel.settings import Settings, doc


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
