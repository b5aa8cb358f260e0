"""Settings of identity."""

from typing import Annotated, Literal

from pileus.kernel.settings import Settings, doc


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
