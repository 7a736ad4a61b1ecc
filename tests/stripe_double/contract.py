"""Holding requests and answers to Stripe's published description of its API."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator, ValidationError

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
Schema = dict[str, Any]
EMPTY = {"boolean": False, "array": list, "object": dict, "integer": 0, "number": 0, "string": ""}


@cache
def document() -> dict[str, Any]:
    read = json.loads((Path(__file__).parent / "contracts" / "stripe-openapi-portal.json").read_text())
    return _as_json_schema(read)


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`; JSON Schema says so by a type."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    turned = {key: _as_json_schema(value) for key, value in node.items()}
    if turned.pop("nullable", False) is True:
        return {"anyOf": [turned, {"type": "null"}]}
    return turned


@cache
def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#{pointer}", **document()})


@cache
def operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """Return the path template of an operation; LookupError when Stripe has none such."""
    for template, methods in document()["paths"].items():
        if method.lower() in methods and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return template, methods[method.lower()]
    raise LookupError(f"Stripe has no {method} {path}")


def check_request(method: str, path: str, body: str, query: str = "") -> dict[str, Any]:
    """Return the form or query of a request as Stripe reads it; ValidationError when it would refuse it."""
    template, found = operation(method, path)
    if method == "GET":
        return _check_query(found, query)
    pointer = f"/paths/{_escape(template)}/{method.lower()}/requestBody/content/{_escape(FORM)}/schema"
    schema = found["requestBody"]["content"][FORM]["schema"]
    form = coerced(unflattened(body), schema)
    _validator(pointer).validate(form)
    return form


def _check_query(found: dict[str, Any], query: str) -> dict[str, Any]:
    known = {item["name"]: item["schema"] for item in found.get("parameters", ()) if item["in"] == "query"}
    schema = {"type": "object", "properties": known, "additionalProperties": False}
    asked = coerced(unflattened(query), schema)
    Draft202012Validator({**schema, "components": document()["components"]}).validate(asked)
    return asked


def check_answer(method: str, path: str, status: int, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that is what Stripe says this operation sends; anything else is the double's own fault."""
    template, _found = operation(method, path)
    code = "200" if status == 200 else "default"
    pointer = f"/paths/{_escape(template)}/{method.lower()}/responses/{code}/content/{_escape(JSON)}/schema"
    _validator(pointer).validate(answer)
    return answer


def check_object(kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    """Return an object that is what Stripe says one of its kind looks like."""
    _validator(f"/components/schemas/{kind}").validate(thing)
    return thing


def blank(kind: str, **values: Any) -> dict[str, Any]:
    """Return an object of a kind: these values, and nothing where Stripe requires something."""
    return _filled(document()["components"]["schemas"][kind], values)


def _filled(schema: Schema, values: dict[str, Any]) -> dict[str, Any]:
    made = dict(values)
    for name in schema.get("required", ()):
        if name not in made:
            made[name] = _nothing(schema["properties"][name])
    return made


def _nothing(schema: Schema) -> Any:
    if "$ref" in schema:
        return blank(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        branches = schema["anyOf"]
        return None if {"type": "null"} in branches else _nothing(branches[0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return _filled(schema, {})
    empty = EMPTY[schema["type"]]
    return empty() if callable(empty) else empty


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def unflattened(body: str) -> dict[str, Any]:
    """Turn `a[0][b]=c` into `{"a": [{"b": "c"}]}`, and `a[]=c` into `{"a": ["c"]}`."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        steps = re.findall(r"[^\[\]]+", name)
        place = tree
        if name.endswith("[]"):
            for step in steps:
                place = place.setdefault(step, {})
            place[str(len(place))] = value
            continue
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value
    return _with_lists(tree)


def _with_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    turned = {key: _with_lists(value) for key, value in node.items()}
    if turned and all(key.isdigit() for key in turned):
        return [turned[key] for key in sorted(turned, key=int)]
    return turned


def coerced(value: Any, schema: Schema) -> Any:
    """Read texts as the types the schema asks for, as a server reads a form."""
    for branch in schema.get("anyOf", ()):
        tried = coerced(value, branch)
        if Draft202012Validator({**branch, "components": document()["components"]}).is_valid(tried):
            return tried
    if isinstance(value, dict):
        known = schema.get("properties", {})
        other = schema.get("additionalProperties")
        fallback = other if isinstance(other, dict) else {}
        return {key: coerced(item, known.get(key, fallback)) for key, item in value.items()}
    if isinstance(value, list):
        return [coerced(item, schema.get("items", {})) for item in value]
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value in {"true", "false"}:
        return value == "true"
    return value


__all__ = ["ValidationError", "blank", "check_answer", "check_object", "check_request"]
