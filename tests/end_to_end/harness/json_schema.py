"""Checks a value against the part of JSON Schema that tools use."""

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def has_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def complaints(value, schema, where="input"):
    """Every way in which `value` breaks `schema`, as sentences; empty if it is valid."""
    if isinstance(schema, bool):
        return [] if schema else [f"{where} is not allowed"]
    found = []
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(has_type(value, name) for name in types):
        return [f"{where} is {value!r}, not {' or '.join(types)}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is {value!r}, not one of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{where} is {value!r}, not {schema['const']!r}")
    for word in ("anyOf", "oneOf"):
        if word in schema and all(complaints(value, choice, where) for choice in schema[word]):
            found.append(f"{where} is {value!r}, none of {word}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{where}.{name} is missing" for name in schema.get("required", ())
                  if name not in value]
        for name, inner in value.items():
            allowed = properties.get(name, schema.get("additionalProperties", True))
            found += complaints(inner, allowed, f"{where}.{name}")
    if isinstance(value, list):
        for index, inner in enumerate(value):
            found += complaints(inner, schema.get("items", True), f"{where}[{index}]")
        if len(value) < schema.get("minItems", 0):
            found.append(f"{where} has {len(value)} items")
        if len(value) > schema.get("maxItems", len(value)):
            found.append(f"{where} has {len(value)} items")
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{where} has {len(value)} characters")
    if has_type(value, "number"):
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            found.append(f"{where} is {value}")
    return found
