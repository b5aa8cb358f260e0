"""From a request to its answer: route, version, caller, rights, body, transaction, function, rendering, fault.

This is the edge that rule 7 speaks of: the only place that opens and commits a request's transaction.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request

from pileus.kernel import log
from pileus.kernel.api import headers, query
from pileus.kernel.api.call import Answer, Call, Page
from pileus.kernel.api.declare import Operation, Service
from pileus.kernel.api.errors import (
    ApiError,
    BadRequest,
    InternalError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from pileus.kernel.api.fields import UNSET
from pileus.kernel.api.formats import is_whole
from pileus.kernel.auth.access import within_access_rules
from pileus.kernel.auth.caller import Authenticator
from pileus.kernel.serving import negotiate
from pileus.kernel.serving.certificates import bound, tokenless
from pileus.kernel.serving.decoding import Unread, decoded
from pileus.kernel.serving.layers import Layer, Proceed
from pileus.kernel.serving.mount import ActionSet, Mounted
from pileus.kernel.store import SerializationFailure, Store, UnfitValue
from pileus.kernel.store.database import MOST_TRIES
from pileus.kernel.store.errors import NoDatabase
from pileus.kernel.world import World

LOG = log.get("api")
_encoder = msgspec.json.Encoder(enc_hook=str)


class Dispatcher:
    """Answers the requests of one service.

    Args:
        mounted: the service's routes.
        store: opened for each request as its operation asks.
        authenticator: tells who a token belongs to.
        public_url: the address that links are built from; empty uses what the client used.
    """

    identity_url = ""  # where tokens are to be had, if not on this port

    def __init__(
        self, mounted: Mounted, store: Store, world: World, authenticator: Authenticator, public_url: str = ""
    ) -> None:
        self._mounted = mounted
        self._service: Service = mounted.service
        self._store = store
        self._world = world
        self._authenticator = authenticator
        self._public_url = public_url.rstrip("/")
        self._proceed: Proceed = lambda call, path: self._guarded(call, path, self._run(call, path))
        for layer in reversed(self._service.layers):
            self._proceed = partial(self._through, layer, self._proceed)

    async def answer(self, request: Request, prefix: str, path: str) -> Answer:
        """The answer to a request for a path below the service's prefix; never raises what a client can cause."""
        request_id = self._service.request_id(self._world)
        token = log.REQUEST_ID.set(request_id)
        call = Call(
            request=request,
            service=self._service,
            operation=self._mounted.unknown,
            store=self._store,
            world=self._world,
            request_id=request_id,
            base=(self._public_url or f"{request.scope['scheme']}://{request.headers.get('host', 'localhost')}")
            + prefix,
        )
        try:
            answer: Answer = await self._proceed(call, path)
        finally:
            log.REQUEST_ID.reset(token)
        for name in self._service.request_headers:
            answer.headers.setdefault(name, call.request_id)
        negotiate.mark(call, answer.headers)
        self._service.complete(call, answer)
        if request.method == "HEAD" and answer.body:
            answer.headers.setdefault("Content-Length", str(len(answer.body)))
            answer.body = b""
        return answer

    def _through(self, layer: Layer, proceed: Proceed, call: Call, path: str) -> Awaitable[Answer]:
        return self._guarded(call, path, layer(call, path, proceed))

    async def _guarded(self, call: Call, path: str, work: Awaitable[Answer]) -> Answer:
        """What work answers, errors as this service shows them."""
        method = call.request.method
        try:
            return await work
        except ApiError as error:
            return self._fault(call, error)
        except UnfitValue as error:
            LOG.info("unfit", error=str(error), path=path, method=method)
            return self._fault(call, BadRequest("A value is too long, too large, or not of characters that are text"))
        except NoDatabase as error:
            LOG.error("no database", error=str(error), path=path, method=method)
            return self._fault(call, Unavailable())
        except (ClientDisconnect, asyncio.CancelledError):
            raise
        except Exception as error:
            LOG.exception("unexpected", error=str(error), path=path, method=method)
            return self._fault(call, InternalError())

    def _fault(self, call: Call, error: ApiError) -> Answer:
        if isinstance(error, InvalidInput):
            error = self._service.invalid(error)
        if isinstance(error, Unauthorized) and call.operation.anonymous:
            self._challenge(call, error)
        own, body = self._service.fault(error, call)
        return Answer(error.status, {**own, **error.headers, **call.headers}, body)

    def _challenge(self, call: Call, error: Unauthorized) -> None:
        """Say where tokens are to be had."""
        where = self.identity_url or f"{call.base.removesuffix(self._service.prefix)}/identity"
        error.headers["WWW-Authenticate"] = f'Keystone uri="{where}"'

    async def _run(self, call: Call, path: str) -> Answer:
        request = call.request
        found, call.root = self._mounted.find(path)
        call.version = negotiate.version(self._service.history, request.headers)
        if found is None:
            await self._authenticated_if_token(call)
            raise NotFound
        node, values = found
        entry = node.methods.get(request.method)
        if entry is None and request.method == "HEAD":
            entry = node.methods.get("GET")
        if entry is None:
            error = MethodNotAllowed()
            error.headers["Allow"] = ", ".join(sorted(node.methods))
            raise error
        target, names = entry
        call.names = dict(zip(names, values, strict=True))
        body: Any = None
        if isinstance(target, ActionSet):
            call.who = await self._caller(call, path)
            body = await self._json(call, target.types)
            operation = target.choose(body, call.version)
        else:
            operation = target.choose(call.version)
            call.operation = operation
            if operation.anonymous:
                with contextlib.suppress(Unauthorized):
                    call.who = await self._caller(call, path)
            elif not operation.public:
                call.who = await self._caller(call, path)
        call.operation, call.status = operation, operation.status
        call.params = request.query_params.multi_items()
        if operation.transaction != "none":
            _refuse_nul(values, call.params)
        if operation.headers is not None:
            call.given = headers.parse(operation.headers, request.headers.raw, call.version)
        strict = self._service.strict_query is not None and call.version >= self._service.strict_query.number
        if operation.query is not None:
            call.query = query.parse(operation.query, call.params, call.version, strict=strict)
        elif strict and call.params:
            raise query.unknown(*call.params[0])
        if operation.body is not None and self._service.rights_first:
            body = Unread(await self._taken(call, operation.types))
        elif operation.body is not None:
            if body is None:
                body = await self._json(call, operation.types)
            body = call.body = self._validated(call, operation, body)
        parameter = self._service.fields_parameter
        if parameter:
            call.only = frozenset(value for name, value in call.params if name == parameter and value)
        return self._answer(call, operation, await self._transact(call, operation, body))

    def _validated(self, call: Call, operation: Operation, body: Any) -> Any:
        """The body as its form takes it; a `Bulk` where the service takes lists and this is one."""
        schema = operation.body
        assert schema is not None
        form = schema.form(operation.kind, call.version)
        if not (self._service.bulk and operation.kind == "create" and isinstance(body, dict) and len(body) == 1):
            return form.validate(body)
        items = body.get(schema.plural)
        if not isinstance(items, list):
            return form.validate(body)
        if not items:
            raise BadRequest("Resources required")
        return Bulk(form.validate({schema.key: item}) for item in items)

    async def _authenticated_if_token(self, call: Call) -> None:
        """Unknown paths are 401 for strangers with a bad token, as behind OpenStack's middleware."""
        token = call.request.headers.get("x-auth-token")
        if token:
            await self._authenticator.authenticate(token)

    async def _caller(self, call: Call, path: str) -> Any:
        sent = call.request.headers
        token = sent.get("x-auth-token")
        try:
            caller = await self._authenticator.authenticate(token) if token else await tokenless(call)
            bound(call, caller, self._authenticator)
        except Unauthorized as error:
            self._challenge(call, error)
            raise
        if caller.access_rules is not None:
            within_access_rules(caller, self._service.type, call.request.method, path)
        self._service.admit(caller)
        service_token = sent.get("x-service-token")
        if service_token:
            service = await self._authenticator.authenticate(service_token)
            bound(call, service, self._authenticator)
            caller = replace(caller, service_roles=service.roles)
        return caller

    async def _json(self, call: Call, types: tuple[str, ...]) -> Any:
        return decoded(await self._taken(call, types))

    async def _taken(self, call: Call, types: tuple[str, ...]) -> bytes:
        """The request's body, if its content type is one that is taken."""
        kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        data = await self._bytes(call)
        if kind in {"application/json", *types}:
            return data
        if self._service.wrong_media is not None:
            raise self._service.wrong_media(kind, bool(data))
        strict = self._service.strict_media
        if (kind or strict) and (kind or data):
            raise UnsupportedMediaType if strict else BadRequest(f"Unsupported Content-Type {kind}")
        return data

    async def _bytes(self, call: Call) -> bytes:
        most = self._service.most_body
        length = call.request.headers.get("content-length", "")
        if is_whole(length) and int(length) > most:
            raise TooLarge
        data = bytearray()
        if hasattr(call.request, "_body"):
            return await call.request.body()
        async for chunk in call.chunks(most):
            data += chunk
        call.request._body = bytes(data)
        return bytes(data)

    async def _transact(self, call: Call, operation: Operation, body: Any) -> Any:
        if operation.transaction == "none":
            return await self._invoke(call, operation, body)
        for times in range(MOST_TRIES):
            reads = operation.transaction == "read"
            opened = self._store.read() if reads else self._store.write(alone=times > 0)
            try:
                async with opened as call.tx:
                    return await self._invoke(call, operation, body if times == MOST_TRIES - 1 else _copy(body))
            except SerializationFailure:
                if times == MOST_TRIES - 1:
                    raise Unavailable("Too many requests change the same thing; try again.") from None
            await self._store.lost(times)
        raise AssertionError("not reached")

    async def _invoke(self, call: Call, operation: Operation, body: Any) -> Any:
        bound, owner = self._mounted.bound[id(operation)]
        if isinstance(body, Bulk):
            return [await self._invoke(call, operation, item) for item in body]
        names = call.names
        arguments: list[Any] = []
        target: Mapping[str, Any] = call.own()
        if self._service.rights_first and operation.right:
            self._require(call, operation, owner.target(call, None) if hasattr(owner, "target") else target, None)
        if isinstance(body, Unread):
            if operation.load_names:
                arguments.append(await owner.load(call, *[names[name] for name in operation.load_names]))
            body = call.body = self._validated(call, operation, decoded(body.data))
        elif operation.load_names:
            loaded = await owner.load(call, *[names[name] for name in operation.load_names])
            arguments.append(loaded)
            if hasattr(owner, "subject"):
                target = await owner.subject(call, loaded, body)
            elif hasattr(owner, "target"):
                target = owner.target(call, loaded)
            else:
                # a right on something else would be asked for on what the caller owns, and given
                assert isinstance(loaded, Mapping), f"{type(owner).__name__}.load gives no row and has no target()"
                target = loaded
        elif hasattr(owner, "subject"):
            target = await owner.subject(call, None, body)
        elif hasattr(owner, "target"):
            target = owner.target(call, None)
        if operation.right and not self._service.rights_first:
            self._require(call, operation, target, body)
        arguments += [value for name, value in names.items() if name not in operation.load_names]
        if operation.body is not None:
            arguments.append(body)
        return await bound(call, *arguments)

    def _require(self, call: Call, operation: Operation, target: Mapping[str, Any], body: Any) -> None:
        policy = self._service.policy
        policy.require(operation.right, call.who, target)
        for wire, default in self._mounted.guarded.get(id(operation), ()):
            if isinstance(body, Mapping) and wire in body and (default is UNSET or body[wire] != default):
                policy.require(f"{operation.right}:{wire}", call.who, target)
        hidden = self._mounted.hideable.get(id(operation), ())
        if hidden:
            call.hidden = frozenset(
                w for w in hidden if not policy.allows(f"{self._mounted.hiders[id(operation)]}:{w}", call.who, target)
            )

    def _answer(self, call: Call, operation: Operation, result: Any) -> Answer:
        if isinstance(result, Answer):
            result.headers = {**call.headers, **result.headers}
            return result
        if operation.shows is not None:
            return Answer(call.status, {**headers.render(operation.shows, result or {}, call), **call.headers})
        if result is None or call.status == 204:
            return Answer(call.status, call.headers)
        if operation.returns is not None:
            result = self._rendered(call, operation, result)
        elif isinstance(result, Page):
            result = {**result.extra, "items": result.rows}
        own = {"Content-Type": "application/json", **call.headers}
        return Answer(call.status, own, _encoder.encode(result))

    def _rendered(self, call: Call, operation: Operation, result: Any) -> Any:
        schema = operation.returns
        assert schema is not None
        view = schema.view(call.version, call.hidden)
        if isinstance(result, Page | list):
            page = result if isinstance(result, Page) else Page(result)
            rows = [self._cut(view.render(row, call), call) for row in page.rows]
            beside = self._service.page(call, schema.plural, page.next, page.previous)
            return {schema.plural: rows, **beside, **page.extra}
        shown = self._cut(view.render(result, call), call)
        return {schema.key: shown} if schema.key else shown

    @staticmethod
    def _cut(shown: dict[str, Any], call: Call) -> dict[str, Any]:
        return {wire: value for wire, value in shown.items() if wire in call.only} if call.only else shown


class Bulk(list[dict[str, Any]]):
    """The bodies of several creates in one request."""


def _copy(body: Any) -> Any:
    """A transaction that is run again must find the body as it was."""
    if isinstance(body, Bulk):
        return Bulk(_copy(value) for value in body)
    if isinstance(body, dict):
        return {key: _copy(value) for key, value in body.items()}
    if isinstance(body, list):
        return [_copy(value) for value in body]
    return body


def _refuse_nul(names: Sequence[str], params: Sequence[tuple[str, str]]) -> None:
    """Nothing is called by a name with U+0000 in it, and no list can be asked for one."""
    if any("\0" in value for value in names):
        raise NotFound
    if any("\0" in name or "\0" in value for name, value in params):
        raise BadRequest("The query has the character U+0000, which is no part of text")
