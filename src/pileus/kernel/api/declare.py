"""Declaring services, resources and operations.

    @resource("/os-server-groups", schema=ServerGroup, policy="os_compute_api:os-server-groups:%s")
    class ServerGroups:
        '''Affinity rules that the scheduler honours.'''

        @post(rule="create", allow=PROJECT_MEMBER, raises=(QuotaExceeded,))
        async def create(self, call: Call, body: Json) -> Row:
            '''Create a server group.'''

What an operation's function is called with: the call; what `load` returned, if the class has one and the path names
what it asks for; the path parameters that `load` did not take; the validated body, where there is one.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pileus.kernel.api.errors import ApiError, InvalidInput
from pileus.kernel.api.schema import Schema
from pileus.kernel.api.versions import Change, History
from pileus.kernel.auth.policy import SCOPES, Policy
from pileus.kernel.auth.rules import Right, Rule
from pileus.kernel.serving.layers import Claim, Layer
from pileus.kernel.world import World

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

Transaction = Literal["read", "write", "none"]


class JsonBody(Schema, extra="keep"):
    """Any JSON object; for the few bodies that no schema describes."""


@dataclass(slots=True, kw_only=True)
class Operation:
    """One verb on one path (or one action in a body), as declared.

    Attributes:
        method, path: as routed, below the resource's path.
        action: the key in the body of an action (`{"reboot": …}`); empty for others.
        rule: the right's name, put into the resource's policy pattern; empty where anybody may call it.
        allow: the right's default check.
        status: of a success.
        also: further statuses of a success, set by the function itself.
        body: the form of the body: a schema, or None for no body.
        kind: which of the schema's forms: "create", "update" or "action".
        raw: whether the function reads the request's body itself, as a stream.
        types: content types taken besides application/json.
        query: the schema of the query string.
        returns: the schema of the answer; None leaves it as it is.
        many: whether the answer is a list.
        since, until: the versions that have the operation.
        transaction: what `call.tx` is; "none" for those that open their own.
        public: whether it needs no token.
        anonymous: whether it also answers those without a (good) token: `call.who` is NOBODY then, and the function
            decides what they may.
        headers: the schema of the request's headers, parsed into `call.given`.
        shows: the schema of the answer's headers: what the function returns is shown there.
        raises: the errors it may answer besides those derived.
        loads: whether the resource's `load` is used.
    """

    method: str
    path: str
    function: Callable[..., Any]
    action: str = ""
    rule: str = ""
    allow: Rule | str = ""
    status: int = 200
    also: tuple[int, ...] = ()
    body: type[Schema] | None = None
    kind: str = "create"
    raw: bool = False
    types: tuple[str, ...] = ()
    query: type[Schema] | None = None
    returns: type[Schema] | None = None
    many: bool = False
    since: Change | None = None
    until: Change | None = None
    transaction: Transaction = "read"
    public: bool = False
    anonymous: bool = False
    headers: type[Schema] | None = None
    shows: type[Schema] | None = None
    raises: tuple[type[ApiError], ...] = ()
    loads: bool = True
    doc: str = ""
    # filled in when bound to a resource
    right: str = ""
    load_names: tuple[str, ...] = ()
    resource: "Resource | None" = None

    def present(self, version: int) -> bool:
        """Whether a version has the operation."""
        if self.since is not None and version < self.since.number:
            return False
        return self.until is None or version < self.until.number


_INHERIT: Any = object()
"""Stands for "the resource's own schema"."""


def _verb(method: str, status: int, kind: str, transaction: Transaction) -> Callable[..., Callable[[F], F]]:
    def declare(
        path: str = "",
        *,
        rule: str = "",
        allow: Rule | str = "",
        status: int = status,
        also: tuple[int, ...] = (),
        body: Any = _INHERIT,
        kind: str = kind,
        raw: bool = False,
        types: tuple[str, ...] = (),
        query: type[Schema] | None = None,
        returns: Any = _INHERIT,
        many: bool | None = None,
        since: Change | None = None,
        until: Change | None = None,
        transaction: Transaction = transaction,
        public: bool = False,
        anonymous: bool = False,
        headers: type[Schema] | None = None,
        shows: type[Schema] | None = None,
        raises: tuple[type[ApiError], ...] = (),
        loads: bool = True,
    ) -> Callable[[F], F]:
        has_body = kind != ""

        def mark(function: F) -> F:
            operation = Operation(
                method=method,
                path=path,
                function=function,
                rule=rule,
                allow=allow,
                status=status,
                also=also,
                body=(body if has_body and not raw else None),
                kind=kind or "create",
                raw=raw,
                types=types,
                query=query,
                returns=returns,
                many=(method == "GET" and path == "") if many is None else many,
                since=since,
                until=until,
                transaction=transaction,
                public=public,
                anonymous=anonymous,
                headers=headers,
                shows=shows,
                raises=raises,
                loads=loads,
                doc=inspect.getdoc(function) or "",
            )
            vars(function).setdefault("operations", []).append(operation)
            return function

        return mark

    return declare


get = _verb("GET", 200, "", "read")
head = _verb("HEAD", 200, "", "read")
post = _verb("POST", 201, "create", "write")
put = _verb("PUT", 200, "update", "write")
patch = _verb("PATCH", 200, "update", "write")
delete = _verb("DELETE", 204, "", "write")
copy = _verb("COPY", 201, "", "write")
options = _verb("OPTIONS", 200, "", "read")


def action(
    name: str,
    *,
    rule: str = "",
    allow: Rule | str = "",
    status: int = 202,
    body: type[Schema] | None = None,
    returns: type[Schema] | None = None,
    since: Change | None = None,
    until: Change | None = None,
    transaction: Transaction = "write",
    raises: tuple[type[ApiError], ...] = (),
    path: str = "/{id}/action",
) -> Callable[[F], F]:
    """One action in the body of `POST …/action`: `{"reboot": {"type": "SOFT"}}`.

    `body` is the schema of the whole body, with the action's name as its key; None takes null or an empty object.
    """

    def mark(function: F) -> F:
        operation = Operation(
            method="POST",
            path=path,
            function=function,
            action=name,
            rule=rule,
            allow=allow,
            status=status,
            body=body,
            kind="action",
            returns=returns,
            since=since,
            until=until,
            transaction=transaction,
            raises=raises,
            doc=inspect.getdoc(function) or "",
        )
        vars(function).setdefault("operations", []).append(operation)
        return function

    return mark


@dataclass(slots=True)
class Resource:
    """A resource as declared on its class.

    Attributes:
        path: below the service's root, with `{name}` for parameters.
        schema: what its operations take and give unless they say otherwise.
        policy: the pattern of its rights' names, `%s` standing for the operation's rule.
        rights: rights that its functions ask for by themselves (`call.may("create:forced_host")`), by rule, each
            with its default and documentation.
        since, until: the versions that have the resource.
    """

    path: str
    schema: type[Schema] | None
    policy: str
    doc: str
    rights: Mapping[str, tuple[Rule | str, str]]
    since: Change | None = None
    until: Change | None = None
    operations: list[Operation] = field(default_factory=list)
    name: str = ""


def resource(
    path: str,
    *,
    schema: type[Schema] | None = None,
    policy: str = "%s",
    rights: Mapping[str, tuple[Rule | str, str]] | None = None,
    since: Change | None = None,
    until: Change | None = None,
) -> Callable[[C], C]:
    """Class decorator: declare a resource; its marked functions become operations."""

    def mark(cls: C) -> C:
        made = Resource(path, schema, policy, inspect.getdoc(cls) or "", rights or {}, since, until, name=cls.__name__)
        load = getattr(cls, "load", None)
        wanted = tuple(n for n in inspect.signature(load).parameters if n not in {"self", "call"}) if load else ()
        for function in vars(cls).values():
            for operation in getattr(function, "operations", ()):
                _bind(operation, made, wanted)
                made.operations.append(operation)
        cls.declared = made  # type: ignore[attr-defined]
        return cls

    return mark


def _bind(operation: Operation, made: Resource, wanted: tuple[str, ...]) -> None:
    operation.resource = made
    if operation.body is _INHERIT:
        operation.body = made.schema
    if operation.returns is _INHERIT:
        operation.returns = made.schema if operation.status not in {202, 204} and operation.method != "HEAD" else None
    if operation.shows is not None:
        operation.returns = None
    operation.since = operation.since or made.since
    operation.until = operation.until or made.until
    full = made.path + operation.path
    if operation.loads and wanted and all("{" + name + "}" in full for name in wanted):
        operation.load_names = wanted
    if operation.rule:
        operation.right = made.policy % operation.rule


@dataclass(slots=True, kw_only=True)
class Service:
    """One API as the world sees it.

    Attributes:
        type: its catalog type ("compute").
        name: its project's name ("nova"), for documents.
        prefix: where it is mounted ("/compute").
        root: the version's path below the prefix ("/v2.1"); resources lie below it.
        history: its versions.
        fault: turns an error into (headers, body) in this service's shape.
        page: turns (call, plural, markers of the next and the previous page) into what stands beside the list.
        invalid: turns a schema's refusal into the error with this service's words.
        stamp: renders a moment.
        aliases: further prefixes with the same content ("" makes `/v3` answer as `/identity/v3`).
        project_in_path: whether the root may be followed by a project id (Cinder, old Nova).
        most_body: bytes of a JSON body at the most.
        request_headers: names of headers that carry the request's id in answers.
        request_id: makes the id of a request.
        complete: adds to an answer what every answer of this service carries, faults included.
        at_root: first segments that this service answers at the root of the port as well ("info" for `/info`).
        strict_media: whether a wrong content type is 415 (else 400).
        wrong_media: the error for a body whose content type (empty for none) is not taken; None for the kernel's own.
        rights_first: whether rights come before the path's resource and the body; none may depend on either then.
        strict_query: the change from which on operations refuse unknown query parameters.
        bulk: whether a create also takes a list below the plural key, and makes all of it or nothing.
        fields_parameter: the query parameter that names the attributes to show ("fields"); empty for none.
        trailing_slash: whether a path means the same with a slash at its end; else an empty id is unknown.
        fault_types: the content types that `fault` answers.
        tokenless: if set, called for requests without a token: who asks all the same, or None.
        layers: what every request passes on its way to the routes, outermost first.
        claim: tells requests that are for it whatever their path (by their host).
        roles: roles that a fresh cloud has for it.
        scopes: tells the kinds of scope that a right needs.
        admit: raises for callers whom no operation serves that needs a token.
    """

    type: str
    name: str
    prefix: str
    root: str
    history: History
    fault: Callable[[ApiError, Any], tuple[dict[str, str], bytes]]
    page: Callable[[Any, str, str | None, str | None], dict[str, Any]] = lambda _c, _p, _n, _b: {}
    invalid: Callable[[InvalidInput], ApiError] = lambda error: error
    stamp: Callable[[Any], str] = lambda moment: moment.isoformat()[:19] + "Z"
    aliases: tuple[str, ...] = ()
    project_in_path: bool = False
    most_body: int = 1 << 20
    request_headers: tuple[str, ...] = ("X-Openstack-Request-Id",)
    request_id: Callable[[World], str] = lambda world: "req-" + world.ids.uuid()
    complete: Callable[[Any, Any], None] = lambda _call, _answer: None
    at_root: tuple[str, ...] = ()
    strict_media: bool = True
    wrong_media: Callable[[str, bool], ApiError] | None = None
    rights_first: bool = False
    strict_query: Change | None = None
    bulk: bool = False
    fields_parameter: str = ""
    trailing_slash: bool = True
    fault_types: tuple[str, ...] = ("application/json",)
    tokenless: Callable[[Any], Awaitable[Any]] | None = None
    layers: tuple[Layer, ...] = ()
    claim: Claim | None = None
    roles: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    policy_file: Path | None = None
    scopes: Callable[[str], tuple[str, ...]] = lambda _right: SCOPES
    admit: Callable[[Any], None] = lambda _caller: None
    resources: list[Any] = field(default_factory=list)
    policy: Policy = field(init=False)

    def __post_init__(self) -> None:
        self.policy = Policy(self.type, self.policy_file, self.scopes)
        self.policy.add(*self.rules)

    def add(self, *resources: Any) -> None:
        """Mount resource objects (instances of classes marked with `resource`)."""
        for item in resources:
            self.resources.append(item)
            self.policy.add(*rights_of(item.declared, self.root))


def rights_of(made: Resource, root: str) -> Iterable[Right]:
    """Every right that a resource's declaration names."""
    for operation in made.operations:
        if not operation.right:
            continue
        where = f"{operation.method} {root}{made.path}{operation.path}"
        if operation.action:
            where += f" ({operation.action})"
        first_line = operation.doc.partition("\n")[0]
        yield Right(operation.right, str(operation.allow), first_line, (where,))
        yield from attribute_rights(operation, where)
    for rule, (allow, doc) in made.rights.items():
        yield Right(made.policy % rule, str(allow), doc)


def attribute_rights(operation: Operation, where: str) -> Iterable[Right]:
    """The rights of single attributes: `create_network:shared` and the like."""
    writes = {"POST": "allow_create", "PUT": "allow_update", "PATCH": "allow_update"}.get(operation.method)
    for schema, attribute in (
        (operation.body, writes),
        (operation.returns, "allow_read" if operation.method == "GET" else None),
    ):
        if schema is None or attribute is None:
            continue
        for item in schema.fields.values():
            allow = getattr(item, attribute)
            if allow is not None:
                yield Right(f"{operation.right}:{item.wire}", str(allow), item.doc, (where,))
