"""A corpus: a folder of requests and the manifest from which it can be made again, byte for byte."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from hookproof.contracts.library import Library, builtin
from hookproof.contracts.model import Event
from hookproof.errors import InputError, ManifestError, UsageError
from hookproof.generator import DROP, Generator, Options
from hookproof.request import FORMATS, har
from hookproof.version import __version__

MANIFEST = "manifest.json"
DEFAULT_URL = "http://127.0.0.1:8000/"
SUFFIXES = {"payload": "json", "request": "request.json", "curl": "sh", "http": "http"}


def generator_digest(event: Event) -> str:
    """Return a digest of all data that decides the bytes of an event: its schema, contract, recipe and the words."""
    files = [event.schema_path, event.schema_path.parent / "contract.toml", event.recipe_path]
    files += sorted((builtin("fixtures") / "words").iterdir())
    digest = sha256(__version__.encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def write(folder: Path, generator: Generator, count: int, form: str = "payload", url: str = DEFAULT_URL) -> int:
    """Write requests and their manifest into a folder that is new or empty; returns how many.

    The folder appears whole, or not at all: it is built beside its place and then moved there.

    Raises:
        UsageError: the folder is not empty, or cannot be written.
    """
    manifest: dict[str, Any] = {
        "hookproof": __version__,
        "data": generator_digest(generator.event),
        "event": generator.event.name,
        "revision": generator.event.revision,
        "seed": generator.seed,
        "count": count,
        "format": form,
        "url": url,
        "options": _options_out(generator.options),
        "files": {},
    }
    with _new_folder(folder) as place:
        for name, content in _files(generator, count, form, url):
            (place / name).write_bytes(content)
            manifest["files"][name] = sha256(content).hexdigest()
        (place / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return count


def regenerate(manifest_path: Path, folder: Path, library: Library, secrets: dict[str, str | None]) -> int:
    """Make a corpus again from its manifest; returns how many requests it has.

    Args:
        secrets: ``secret`` and ``basic``, which a manifest never holds.

    Raises:
        ManifestError: the manifest is broken, is from another generator, or the bytes differ.
    """
    manifest = _read(manifest_path)
    try:
        contract, event = library.event(f"{manifest['event']}@{manifest['revision']}")
        _same_generator(manifest_path, manifest, event)
        options = _options_in(manifest["options"], secrets)
        generator = Generator(contract, event, manifest["seed"], options)
        wanted = dict(manifest["files"])
        with _new_folder(folder) as place:
            for name, content in _files(generator, manifest["count"], manifest["format"], manifest["url"]):
                if sha256(content).hexdigest() != wanted.pop(name, None):
                    raise ManifestError(f"{manifest_path}: {name} came out with other bytes than the manifest says")
                (place / name).write_bytes(content)
            (place / MANIFEST).write_bytes(manifest_path.read_bytes())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestError(f"{manifest_path}: not a manifest of a corpus: {error!r}") from error
    return int(manifest["count"])


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ManifestError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise ManifestError(f"{path}: not a manifest of a corpus")
    return manifest


def _same_generator(path: Path, manifest: dict[str, Any], event: Event) -> None:
    if manifest["hookproof"] != __version__:
        raise ManifestError(
            f"{path}: made by hookproof {manifest['hookproof']}, this is {__version__}; "
            "install that release to regenerate it, or generate anew"
        )
    if manifest["data"] != generator_digest(event):
        raise ManifestError(
            f"{path}: made from other contracts, recipes or words than those at hand; "
            "use the same --contracts folder, or generate anew"
        )


def _files(generator: Generator, count: int, form: str, url: str) -> Iterator[tuple[str, bytes]]:
    if form == "har":
        yield "requests.har", har(list(generator.requests(count)), url)
        return
    width = max(4, len(str(count - 1)))
    suffix = SUFFIXES[form]
    for request in generator.requests(count):
        if form == "payload":
            content_type = request.header("Content-Type") or ""
            yield f"{request.index:0{width}}.{suffix if 'json' in content_type else 'body'}", request.body
        else:
            yield f"{request.index:0{width}}.{suffix}", FORMATS[form](request, url)


def _options_out(options: Options) -> dict[str, Any]:
    """Write the options as JSON data; of secrets only that there was one."""
    return {
        "variant": options.variant,
        "style": options.style,
        "content_type": options.content_type,
        "nesting": options.nesting,
        "signature": options.signature,
        "headers": options.headers,
        "base_url": options.base_url,
        "at": options.at.isoformat() if options.at else None,
        "set": [[pointer, value] for pointer, value in options.edits if value is not DROP],
        "drop": [pointer for pointer, value in options.edits if value is DROP],
        "secret": options.secret is not None,
        "basic": options.basic is not None,
    }


def _options_in(document: dict[str, Any], secrets: dict[str, str | None]) -> Options:
    for name in ("secret", "basic"):
        if document[name] and not secrets.get(name):
            raise UsageError(f"the corpus was made with --{name}, which a manifest does not hold: give it again")
        if secrets.get(name) and not document[name]:
            raise UsageError(f"the corpus was made without --{name}: leave it out")
    return Options(
        variant=document["variant"],
        style=document["style"],
        content_type=document["content_type"],
        nesting=document["nesting"],
        secret=secrets.get("secret"),
        signature=document["signature"],
        basic=secrets.get("basic"),
        headers=[(name, value) for name, value in document["headers"]],
        base_url=document["base_url"],
        at=datetime.fromisoformat(document["at"]) if document["at"] else None,
        edits=[*((p, v) for p, v in document["set"]), *((p, DROP) for p in document["drop"])],
    )


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder; choose another, so that nothing is mixed up")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise UsageError(f"cannot write into {folder.parent}: {error.strerror}") from error
    try:
        place.chmod(0o755)
        yield place
        if folder.exists():
            folder.rmdir()
        place.rename(folder)
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def write_file(path: Path, contents: Callable[[], Iterator[bytes]]) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        with tempfile.NamedTemporaryFile(prefix=f".{path.name}-", dir=path.parent, delete=False) as file:
            place = Path(file.name)
            try:
                for content in contents():
                    file.write(content)
                file.close()
                place.chmod(0o644)
                place.replace(path)
            finally:
                place.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
