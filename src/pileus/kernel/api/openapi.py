"""OpenAPI 3.1 documents, one per service and version, derived from the declarations.

A document says all that may come back: the statuses that the edge answers by itself (a bad token, no right, a wrong
version or content type …) are derived, the others are the operation's `raises`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pileus.kernel.api.declare import Operation, Resource, Service
from pileus.kernel.api.errors import (
    ApiError,
    BadRequest,
    Conflict,
    Forbidden,
    NotAcceptable,
    NotFound,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from pileus.kernel.api.headers import is_family
from pileus.kernel.api.query import kinds
from pileus.kernel.api.schema import Schema, object_json
from pileus.kernel.api.versions import text

Json = dict[str, Any]
_PARAMETER = re.compile(r"\{([a-z_]+)(:path)?\}")
_METHODS = {"get", "head", "post", "put", "patch", "delete", "options"}
_JSON = "application/json"


def document(service: Service, version: int, server: str = "") -> Json:
    """The document of one version of a service.

    Args:
        server: the public address of the service's prefix.
    """
    paths: dict[str, Json] = {}
    for item in service.resources:
        made: Resource = item.declared
        for operation in made.operations:
            if operation.present(version):
                _add(paths, service, made, operation, version)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{service.type} ({service.name})",
            "version": text(version) if service.history.has_versions else service.root.strip("/"),
        },
        "servers": [{"url": server or service.prefix}],
        "paths": dict(sorted(paths.items())),
        "components": {"securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}}},
        "security": [{"token": []}],
    }


def full_path(service: Service, made: Resource, operation: Operation) -> str:
    """An operation's path below the service's prefix."""
    root = "" if made.path.startswith("!") else service.root
    return root + made.path.removeprefix("!") + operation.path


def _add(paths: dict[str, Json], service: Service, made: Resource, operation: Operation, version: int) -> None:
    path = full_path(service, made, operation)
    entry = paths.setdefault(_PARAMETER.sub(r"{\1}", path) or "/", {})
    method = operation.method.lower()
    if method not in _METHODS:
        method = "x-" + method  # COPY has no place of its own before OpenAPI 3.2
    described = _operation(service, made, operation, version, path)
    if operation.action and method in entry:
        _merge_action(entry[method], described)
    else:
        entry.setdefault(method, described)


def _merge_action(entry: Json, described: Json) -> None:
    """Actions of one path are one operation whose body is one of theirs and whose answers are any of theirs."""
    body = entry["requestBody"]["content"][_JSON]["schema"]
    more = described["requestBody"]["content"][_JSON]["schema"]
    entry["requestBody"]["content"][_JSON]["schema"] = {"anyOf": [*body.get("anyOf", [body]), more]}
    answers = entry["responses"]
    for status, answer in described["responses"].items():
        known = answers.setdefault(status, answer)
        for kind, content in answer.get("content", {}).items():
            here = known.setdefault("content", {}).setdefault(kind, content)
            if here is not content:
                known["content"][kind] = {"schema": _either(here.get("schema", {}), content.get("schema", {}))}
    entry["responses"] = dict(sorted(answers.items()))
    entry["description"] += "\n\n" + described["description"]


def _either(one: Json, other: Json) -> Json:
    return {"anyOf": [*one.get("anyOf", [one]), other]}


def _operation(service: Service, made: Resource, operation: Operation, version: int, path: str) -> Json:
    first, _, rest = operation.doc.partition("\n")
    described: Json = {
        "operationId": f"{operation.method} {path}",
        "summary": first,
        "description": rest.strip(),
        "tags": [made.name],
        "parameters": [
            *_path_parameters(path),
            *_version_header(service, version),
            *_query_parameters(operation.query, version),
            *_header_parameters(operation.headers, version),
        ],
        "responses": _responses(service, operation, version),
    }
    if operation.public:
        described["security"] = []
    elif operation.anonymous:
        described["security"] = [{"token": []}, {}]
    body = _body(service, operation, version)
    if body is not None:
        described["requestBody"] = body
    if operation.right:
        described["x-policy"] = operation.right
    return described


def _path_parameters(path: str) -> Iterable[Json]:
    for name, rest in _PARAMETER.findall(path):
        shape: Json = {"type": "string", "minLength": 1}
        if not rest:
            shape["pattern"] = "^[^/]+$"
        yield {"name": name, "in": "path", "required": True, "schema": shape}


def _version_header(service: Service, version: int) -> Iterable[Json]:
    """What a request says to get the document's version; the oldest one needs no saying."""
    history = service.history
    if history.has_versions:
        shape = {"type": "string", "const": f"{history.service} {text(version)}"}
        needed = version != history.minimum
        yield {"name": "OpenStack-API-Version", "in": "header", "required": needed, "schema": shape}


def _query_parameters(schema: type[Schema] | None, version: int) -> Iterable[Json]:
    if schema is None:
        return
    for item in schema.form("query", version).items.values():
        shape: Mapping[str, Any] = item.json
        if "array" in kinds(item):
            shape = {"type": "array", "items": item.json.get("items", {"type": "string"})}
        yield {"name": item.wire, "in": "query", "schema": dict(shape), "description": item.doc}


def _header_parameters(schema: type[Schema] | None, version: int) -> Iterable[Json]:
    if schema is None:
        return
    for item in schema.form("query", version).items.values():
        if not item.read_only:
            shape = {"type": "string"} if is_family(item) else dict(item.json)
            yield {"name": item.wire, "in": "header", "schema": shape, "description": item.doc}


def _body(service: Service, operation: Operation, version: int) -> Json | None:
    if operation.raw:
        types = operation.types or ("application/octet-stream",)
        return {"content": {kind: {"schema": {"type": "string"}} for kind in types}}
    if operation.action and operation.body is None:
        shape: Json = {"type": "object", "properties": {operation.action: {}}, "required": [operation.action]}
        return {"required": True, "content": {_JSON: {"schema": shape}}}
    if operation.body is None:
        return None
    shape = operation.body.form(operation.kind, version).json
    if takes_many(service, operation):
        plural = operation.body.plural
        many = {"type": "array", "minItems": 1, "items": shape["properties"][operation.body.key]}
        beside = {"type": "object", "properties": {plural: many}, "required": [plural], "additionalProperties": False}
        shape = {"anyOf": [shape, beside]}
    return {"required": True, "content": {kind: {"schema": shape} for kind in (_JSON, *operation.types)}}


def takes_many(service: Service, operation: Operation) -> bool:
    """Whether a create also takes a list."""
    return service.bulk and operation.kind == "create" and operation.body is not None and bool(operation.body.key)


def _responses(service: Service, operation: Operation, version: int) -> Json:
    success: Json = {"description": "Success."}
    content = _content(service, operation, version)
    if content:
        success["content"] = content
    if operation.shows is not None:
        shown = [item for item in operation.shows.fields_at(version) if item.in_answers]
        success["headers"] = {i.wire: {"description": i.doc, "schema": {"type": "string"}} for i in shown}
    answers: Json = {str(operation.status): success}
    answers |= {str(status): {"description": "Success."} for status in operation.also}
    failure: Json = {kind: {} for kind in service.fault_types}
    for error in _errors(service, operation):
        answers.setdefault(str(error.status), {"description": error.title, "content": failure})
    return dict(sorted(answers.items()))


def _content(service: Service, operation: Operation, version: int) -> Json:
    """What a success carries, by content type; empty where the declaration does not say."""
    schema = operation.returns
    if schema is None or operation.status == 204:
        return {}
    shape = object_json(schema, "view", version)
    if schema.extra != "keep":
        shape["additionalProperties"] = False
    many = {"type": "object", "properties": {schema.plural: {"type": "array", "items": shape}}}
    many["required"] = [schema.plural]
    if operation.many:
        return {_JSON: {"schema": many}}
    if schema.key:
        shape = {"type": "object", "properties": {schema.key: shape}, "required": [schema.key]}
    return {_JSON: {"schema": {"anyOf": [shape, many]} if takes_many(service, operation) else shape}}


def _errors(service: Service, operation: Operation) -> Iterable[type[ApiError]]:
    """What an operation may answer besides success: what the edge does by itself, and what it declares."""
    yield from operation.raises
    yield BadRequest
    yield NotFound  # the path's own names, or something that the body or the query names
    if not operation.public:
        yield Unauthorized
        yield Forbidden
    if service.history.has_versions:
        yield NotAcceptable
    if operation.method not in {"GET", "HEAD"}:
        yield Conflict
    if operation.body is not None or operation.raw or operation.action:
        yield TooLarge
        if service.strict_media:
            yield UnsupportedMediaType
