"""The services' own specifications (OpenAPI), to check calls with."""

import json
import re
from contextlib import suppress
from functools import cache

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests import requirements

# What a specification refers to and does not have.
LEFT_OUT = {"Error": {"type": "object", "required": ["message", "error_code"]}}


class Specification:
    """:param folder: of the service below the shared folder's ``specs``
    :param prefix: of paths that the specification leaves out
    """

    def __init__(self, folder, *names, prefix=""):
        self._prefix = prefix
        self._documents = {
            name: _load(requirements.shared("specs", folder, name)) for name in names
        }
        resources = [
            (f"urn:{name}", DRAFT202012.create_resource(document))
            for name, document in self._documents.items()
        ]
        self._registry = Registry().with_resources(resources)

    def problems(self, request, response):
        """Yield what the specification says against a call and its answer."""
        found = self._find(request)
        if not found:
            yield "no such call"
            return
        name, pointer, operation = found
        yield from self._parameter_problems(request, name, operation)
        if request.body:
            place = [*pointer, "requestBody"]
            yield from self._body_problems(name, place, request.json, "request")
        responses = operation["responses"]
        status = str(response.status)
        key = status if status in responses else "default"
        if key not in responses:
            yield f"no such status: {status}"
        elif isinstance(response.body, dict | list):
            place = [*pointer, "responses", key]
            yield from self._body_problems(name, place, response.body, "answer")

    def _find(self, request):
        """Return document, JSON pointer and operation of the call that is meant."""
        path = request.path.removeprefix(self._prefix) or "/"
        candidates = []
        for name, document in self._documents.items():
            for template, operations in document["paths"].items():
                pattern = re.sub(r"{[^}]+}", "[^/]+", template)
                method = request.method.lower()
                if re.fullmatch(pattern, path) and method in operations:
                    pointer = ["paths", template, method]
                    candidates.append((name, pointer, operations[method]))
        # A path without placeholders is meant before one with them.
        return min(candidates, key=lambda one: one[1][1].count("{"), default=None)

    def _parameter_problems(self, request, name, operation):
        shared = self._documents[name].get("paths", {})
        everywhere = [
            one
            for operations in shared.values()
            if operation in operations.values()
            for one in operations.get("parameters", ())
        ]
        parameters = [
            self._resolve(name, one)
            for one in (*everywhere, *operation.get("parameters", ()))
        ]
        query = {one["name"]: one for one in parameters if one["in"] == "query"}
        for unknown in request.query.keys() - query.keys():
            yield f"no such parameter: {unknown}"
        for key, one in query.items():
            if key in request.query:
                schema = _absolute(one.get("schema", {}), f"urn:{name}")
                value = _value(request.query[key], schema)
                yield from self._mistakes(schema, value, f"parameter {key}")
            elif one.get("required"):
                yield f"parameter is missing: {key}"

    def _resolve(self, name, node):
        while "$ref" in node:
            target = self._documents[name]
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def _body_problems(self, name, place, body, what):
        node = self._documents[name]
        for part in place:
            node = self._resolve(name, node[part])
        kinds = node.get("content", {})
        kind = next((one for one in kinds if "json" in one), None)
        if kind and "schema" in kinds[kind]:
            schema = _absolute(kinds[kind]["schema"], f"urn:{name}")
            yield from self._mistakes(schema, body, what)

    def _mistakes(self, schema, value, what):
        validator = Draft202012Validator(schema, registry=self._registry)
        for error in validator.iter_errors(value):
            yield f"{what} {error.json_path}: {error.message}"


def _value(text, schema):
    """Return what a parameter means by its schema, or the text if that is no sense."""
    kind = schema.get("type")
    if kind == "array":
        return [_value(one, schema.get("items", {})) for one in text.split(",")]
    if kind in ("boolean", "integer", "number"):
        with suppress(ValueError):
            return json.loads(text)
    return text


def _absolute(node, base):
    """Return a schema whose references name their document."""
    if isinstance(node, list):
        return [_absolute(one, base) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: f"{base}{value}" if key == "$ref" else _absolute(value, base)
        for key, value in node.items()
    }


@cache
def _load(path):
    text = path.read_text()
    if path.suffix == ".json":
        document = json.loads(text)
    else:
        # The loader in C where there is one: the files are large.
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for name, schema in LEFT_OUT.items():
        document["components"].setdefault("schemas", {}).setdefault(name, schema)
    return document
