"""OpenAPI 3.1 documents, one per service and version, derived from the declarations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pileus.kernel.api.declare import Operation, Resource, Service
from pileus.kernel.api.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound, Unauthorized
from pileus.kernel.api.headers import is_family
from pileus.kernel.api.query import kinds
from pileus.kernel.api.schema import Schema, object_json
from pileus.kernel.api.versions import text

Json = dict[str, Any]
_PARAMETER = re.compile(r"\{([a-z_]+)(:path)?\}")


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
    if method not in {"get", "head", "post", "put", "patch", "delete", "options"}:
        method = "x-" + method
    described = _operation(made, operation, version, path)
    if operation.action and method in entry:
        _merge_action(entry[method], described)
    else:
        entry.setdefault(method, described)


def _merge_action(entry: Json, described: Json) -> None:
    """Actions of one path are one operation whose body is one of theirs."""
    kind = "application/json"
    body = entry["requestBody"]["content"][kind]["schema"]
    more = described["requestBody"]["content"][kind]["schema"]
    entry["requestBody"]["content"][kind]["schema"] = {"oneOf": [*body.get("oneOf", [body]), more]}
    entry["responses"] = {**described["responses"], **entry["responses"]}
    entry["description"] += "\n\n" + described["description"]


def _operation(made: Resource, operation: Operation, version: int, path: str) -> Json:
    first, _, rest = operation.doc.partition("\n")
    described: Json = {
        "operationId": f"{made.name}.{operation.function.__name__}",
        "summary": first,
        "description": rest.strip(),
        "tags": [made.name],
        "parameters": [
            *_path_parameters(path),
            *_query_parameters(operation.query, version),
            *_header_parameters(operation.headers, version),
        ],
        "responses": _responses(operation, version),
    }
    if operation.public:
        described["security"] = []
    elif operation.anonymous:
        described["security"] = [{"token": []}, {}]
    body = _body(operation, version)
    if body is not None:
        described["requestBody"] = body
    if operation.right:
        described["x-policy"] = operation.right
    return described


def _path_parameters(path: str) -> Iterable[Json]:
    for name, _rest in _PARAMETER.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


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


def _body(operation: Operation, version: int) -> Json | None:
    if operation.raw:
        types = operation.types or ("application/octet-stream",)
        return {"content": {kind: {"schema": {"type": "string"}} for kind in types}}
    if operation.action and operation.body is None:
        shape: Json = {"type": "object", "properties": {operation.action: {}}, "required": [operation.action]}
        return {"required": True, "content": {"application/json": {"schema": shape}}}
    if operation.body is None:
        return None
    shape = operation.body.form(operation.kind, version).json
    return {"required": True, "content": {"application/json": {"schema": shape}}}


def _responses(operation: Operation, version: int) -> Json:
    success: Json = {"description": "Success."}
    if operation.returns is not None and operation.status != 204:
        schema = operation.returns
        shape = object_json(schema, "view", version)
        if operation.many:
            shape = {"type": "object", "properties": {schema.plural: {"type": "array", "items": shape}}}
        elif schema.key:
            shape = {"type": "object", "properties": {schema.key: shape}}
        success["content"] = {"application/json": {"schema": shape}}
    if operation.shows is not None:
        shown = [item for item in operation.shows.fields_at(version) if item.in_answers]
        success["headers"] = {i.wire: {"description": i.doc, "schema": {"type": "string"}} for i in shown}
    answers: Json = {str(operation.status): success}
    errors: list[type[ApiError]] = [BadRequest, NotFound, *operation.raises]
    if not operation.public:
        errors += [Unauthorized, Forbidden]
    if operation.method in {"POST", "PUT", "PATCH", "DELETE"}:
        errors.append(Conflict)
    for error in errors:
        answers.setdefault(str(error.status), {"description": error.title})
    return dict(sorted(answers.items()))
