"""Callers and their certificates: tokens that are bound to one, and certificates instead of tokens."""

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import Unauthorized
from pileus.kernel.auth.caller import Authenticator, Caller


def bound(call: Call, caller: Caller, authenticator: Authenticator) -> None:
    """Refuse a token that is bound to a certificate which the client has not got.

    Raises:
        Unauthorized: it is.
    """
    if caller.thumbprint and not authenticator.shows(call, caller.thumbprint):
        raise Unauthorized


async def tokenless(call: Call) -> Caller:
    """Who asks without a token, where the service knows other means.

    Raises:
        Unauthorized: nobody that it knows.
    """
    ask = call.service.tokenless
    caller: Caller | None = await ask(call) if ask is not None else None
    if caller is None:
        raise Unauthorized
    return caller
