"""Calling a service protocol on another machine as if it were here.

A *peer* answers the methods of one protocol under an address ("host/compute-1").  What crosses is JSON of msgspec
types, so that nothing works in one process that could not work between two: the in-memory transport encodes and
decodes too.
"""

import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast, get_type_hints

import msgspec

from pileus.kernel import log

LOG = log.get("peers")
T = TypeVar("T")


class PeerError(Exception):
    """The other side raised; `kind` is the exception's class name there."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class PeerUnreachable(Exception):
    """Nobody answers at the address, or not in time.  The call may or may not have been carried out."""


class Transport(Protocol):
    """Carries one message to an address and brings the answer back."""

    async def send(self, address: str, message: bytes, seconds: float) -> bytes:
        """The answer to a message.

        Raises:
            PeerUnreachable: nobody answered in time.
        """
        ...

    def serve(self, address: str, answer: Callable[[bytes], Any]) -> None:
        """Answer messages to an address with an async function of bytes to bytes."""
        ...


class Message(msgspec.Struct, frozen=True):
    """A call: a method's name and its arguments, encoded by the method's annotations."""

    method: str
    arguments: dict[str, msgspec.Raw]


class Reply(msgspec.Struct, frozen=True):
    """What came of it: a value, or an exception's class name and message."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    error: str = ""
    text: str = ""


_encode = msgspec.json.encode


def methods_of(protocol: type) -> dict[str, tuple[inspect.Signature, dict[str, Any]]]:
    """The async methods of a protocol, with their signatures and types."""
    found = {}
    for name, function in inspect.getmembers(protocol, inspect.iscoroutinefunction):
        if not name.startswith("_"):
            found[name] = (inspect.signature(function), get_type_hints(function))
    return found


def serve(
    transport: Transport, address: str, protocol: type, target: Any, errors: tuple[type[Exception], ...] = ()
) -> None:
    """Answer calls of a protocol at an address with an object; exceptions of the given types cross by name."""
    methods = methods_of(protocol)

    async def answer(data: bytes) -> bytes:
        try:
            message = msgspec.json.decode(data, type=Message)
            if message.method not in methods:
                raise LookupError(f"{address} has no method {message.method}")
            _signature, hints = methods[message.method]
            arguments = {
                name: msgspec.json.decode(raw, type=hints.get(name, Any)) for name, raw in message.arguments.items()
            }
            value = await getattr(target, message.method)(**arguments)
        except errors as error:
            return _encode(Reply(error=type(error).__name__, text=str(error)))
        except Exception as error:  # it must not take the transport down, nor cross as itself in one process only
            LOG.exception("a peer's method failed", address=address, error=str(error))
            return _encode(Reply(error=type(error).__name__, text=str(error)))
        return _encode(Reply(value=msgspec.Raw(_encode(value))))

    transport.serve(address, answer)


def client(
    transport: Transport,
    address: str,
    protocol: type[T],
    errors: tuple[type[Exception], ...] = (),
    seconds: float = 60.0,
) -> T:
    """An object of the protocol whose calls are answered at the address.

    Its methods raise the given exception types by themselves, `PeerError` for any other, and `PeerUnreachable`.
    """
    known = {error.__name__: error for error in errors}

    class Peer:
        """Stands for the object at the other side."""

    def make(name: str, signature: inspect.Signature, hints: dict[str, Any]) -> Any:
        async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(self, *args, **kwargs)
            arguments = {n: msgspec.Raw(_encode(v)) for n, v in list(bound.arguments.items())[1:]}
            reply = msgspec.json.decode(
                await transport.send(address, _encode(Message(name, arguments)), seconds), type=Reply
            )
            if reply.error:
                raise (known[reply.error](reply.text) if reply.error in known else PeerError(reply.error, reply.text))
            return msgspec.json.decode(reply.value, type=hints.get("return", Any))

        return call

    for name, (signature, hints) in methods_of(protocol).items():
        setattr(Peer, name, make(name, signature, hints))
    return cast("T", Peer())
