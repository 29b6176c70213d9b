"""The federation file as its reference: JSON Schema for editors."""

from typing import Any, Final

from broker.federation.schema import FederationFile

SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file. Settings of methods and registrations of clients are checked when the file is read."""
    return {"$schema": SCHEMA_DIALECT, **FederationFile.model_json_schema()}
