"""A recipe: a YAML file in ``fixtures/`` that tells a story in a vendor's words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hookproof.errors import RecipeError, UnknownNameError, UsageError
from hookproof.recipes.template import Teller, compile_template
from hookproof.story.tale import Story, parts_of

KEYS = ("story", "payload", "sometimes", "told", "tables")


@dataclass(frozen=True)
class Recipe:
    """A compiled recipe.

    Attributes:
        story: the subject of the stories it tells.
        sometimes: top-level members that a typical payload has in only so many percent of cases.
        told: top-level members that hang together with others, so that variants leave their values to the story.
    """

    path: Path
    story: str
    sometimes: dict[str, int]
    told: frozenset[str]
    parts: tuple[str, ...]
    teller: Teller

    def tell(self, story: Story, urls: SimpleNamespace) -> dict[str, Any]:
        """Tell a story; returns the payload.

        Raises:
            RecipeError: an expression fails, such as a name that the story's part does not have.
        """
        try:
            payload = self.teller(urls=urls, **{name: getattr(story, name) for name in self.parts})
        except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise RecipeError(self.path, f"cannot be told: {error}") from error
        if not isinstance(payload, dict):
            raise RecipeError(self.path, "the payload is not a mapping")
        return payload


@lru_cache(maxsize=128)
def read(path: Path) -> Recipe:
    """Read and compile a recipe.

    Raises:
        RecipeError: the file is missing, not YAML, or says something that cannot be compiled.
    """
    document = _document(path)
    try:
        parts = parts_of(document["story"])
        tables = document.get("tables", {})
        teller = compile_template(document["payload"], (*parts, "urls"), tables)
    except UsageError as error:
        raise RecipeError(path, str(error)) from error
    return Recipe(
        path=path,
        story=document["story"],
        sometimes=document.get("sometimes", {}),
        told=frozenset(document.get("told", [])),
        parts=parts,
        teller=teller,
    )


def _document(path: Path) -> dict[str, Any]:
    import yaml

    try:
        document = yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe)
    except OSError as error:
        raise RecipeError(path, f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(path, f"not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict):
        raise RecipeError(path, "expected a mapping with story and payload")
    for key in document:
        if key not in KEYS:
            raise RecipeError(path, str(UnknownNameError("key", str(key), KEYS)))
    for key in ("story", "payload"):
        if key not in document:
            raise RecipeError(path, f"has no {key}")
    return document
