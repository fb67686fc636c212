"""The manifest of a saved trace, ``manifest.json``: its fields, and the JSON Schema they make.

`attntrace.schema.json` beside this file is `schema()`, for readers and writers in other languages.
Readers ignore keys they do not know, and show a role they do not know as a plain heat map.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

FORMAT = "attntrace"
VERSION = 1

Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Dim = Annotated[str, Field(pattern=r"^\w+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class ShardPart(_Part):
    """A safetensors file of the folder, with what it takes to tell that it is whole."""

    name: Annotated[str, Field(pattern=r"^[\w-]+\.safetensors$")]
    bytes: NonNegativeInt
    sha256: Hex


class AxisPart(_Part):
    """The meaning of a named axis; `labels` one list, or one a batch item."""

    kind: str = "index"
    size: NonNegativeInt | None = None
    labels: list[str] | list[list[str]] = []


class ReductionPart(_Part):
    """What a tensor was before, and how many cells of its last two axes became one."""

    dtype: str
    shape: list[NonNegativeInt]
    pool: Literal["max"] | None = None
    factor: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)] = [1, 1]


class RecordPart(_Part):
    """One tensor of one call of one module."""

    id: str
    module: str
    name: str
    role: str
    call: NonNegativeInt
    order: NonNegativeInt
    tensor: str
    shard: NonNegativeInt
    dims: list[Dim]
    norm: Literal["prob", "subprob", "score", "none"]
    causal: bool = False
    source: str
    reduced: ReductionPart | None = None


class ModelPart(_Part):
    """The traced model."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    class_: str = Field(alias="class")


class OpaquePart(_Part):
    """An attention module that ran and revealed nothing."""

    module: str
    reason: str


class Manifest(_Part):
    """Everything about a trace but its numbers."""

    format: Literal["attntrace"]
    version: Literal[1]
    created: str
    lib: str
    model: ModelPart
    axes: dict[Dim, AxisPart]
    records: list[RecordPart]
    opaque: list[OpaquePart] = []
    dropped: dict[str, PositiveInt] = {}
    files: list[ShardPart]
    digest: Hex


def digest(fields: dict[str, Any]) -> str:
    """SHA-256 of the manifest without its `digest`: JSON, sorted keys, no spaces, UTF-8."""
    rest = {key: value for key, value in fields.items() if key != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def schema() -> dict[str, Any]:
    """The JSON Schema of a manifest."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema",
            **Manifest.model_json_schema(by_alias=True)}


if __name__ == "__main__":                               # rewrites the shipped schema
    target = Path(__file__).with_name("attntrace.schema.json")
    target.write_text(json.dumps(schema(), indent=1) + "\n", encoding="utf-8")
