"""Settings of identity."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class IdentitySettings(Settings, frozen=True, forbid_unknown_fields=True):
    """How long tokens live and how dear a password is."""

    token_seconds: Annotated[int, doc("How long a token is good for, in seconds.")] = 3600
    expired_window_seconds: Annotated[
        int, doc("How long after its end a token may still be read by services that ask for it, in seconds.")
    ] = 172800
    password_rounds: Annotated[int, doc("The cost of a password's hash: bcrypt's logarithm of its rounds.")] = 12
    lockout_attempts: Annotated[
        int, doc("Wrong passwords in a row after which an account is locked; 0 never locks.")
    ] = 0
    lockout_seconds: Annotated[int, doc("How long a locked account stays so, in seconds.")] = 1800
    guesses_per_minute: Annotated[
        int, doc("Wrong passwords for one name in a minute after which further ones are refused unread; 0 for any.")
    ] = 60
