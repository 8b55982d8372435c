"""The settings of an integration: what the vendor lets a customer choose, checked as the vendor checks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hookproof import schemas
from hookproof.contracts.model import Contract
from hookproof.delivery.targets import parse
from hookproof.errors import HookproofError, UnknownNameError
from hookproof.pointers import join
from hookproof.request import header_value
from hookproof.server.problem import Problem
from hookproof.signing import basic, check_secret

MASK = "***"
FRAMING = ("host", "content-length", "transfer-encoding", "connection", "expect", "content-type", "upgrade", "te")
"""Headers that say how a request travels: nobody may set them."""

MAX_ENTRIES = 50
MAX_TEXT = 2000

Settings = dict[str, Any]
Rule = Mapping[str, Any]


class SettingError(HookproofError):
    """The vendor would not accept the value of a setting."""


def checked(contract: Contract, given: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Settings:
    """Return all settings of an integration: those given, those it had before, and defaults.

    Raises:
        Problem: the vendor would not accept them; every setting that is wrong is named.
    """
    settings = {name: rule.get("default") for name, rule in contract.settings.items()}
    settings.update(before or {})
    wrong: list[dict[str, str]] = []
    for name, value in given.items():
        try:
            rule = _rule(contract, name)
            settings[name] = (
                None if value is None and not rule.get("required") else TYPES[rule["type"]](value, rule, contract)
            )
        except HookproofError as error:
            wrong.append({"pointer": join(["settings", name]), "detail": str(error)})
    wrong += _missing(contract, settings, given)
    if wrong:
        told = "; ".join(entry["detail"] for entry in wrong)
        raise Problem("setting", f"{contract.name}: {told}", wrong)
    return settings


def masked(contract: Contract, settings: Settings) -> Settings:
    """Return settings as they may be shown: secrets, credentials and the values of headers hidden."""
    return {name: _masked(contract.settings[name], value) for name, value in settings.items()}


def secrets(contract: Contract, settings: Settings) -> list[str]:
    """Return the texts in settings that must never be shown."""
    found = []
    for name, value in settings.items():
        rule = contract.settings[name]
        if value and rule["type"] in ("secret", "credentials"):
            found.append(value)
        if value and rule.get("goes_to") == "headers":
            found += value.values()
    return found


def of_type(contract: Contract, settings: Settings, kind: str) -> Any:
    """Return the value of the one setting of that type, None where there is none."""
    return next((settings[name] for name, rule in contract.settings.items() if rule["type"] == kind), None)


def _masked(rule: Rule, value: Any) -> Any:
    if value and rule["type"] in ("secret", "credentials"):
        return MASK
    if value and rule.get("goes_to") == "headers":
        return dict.fromkeys(value, MASK)
    return value


def _rule(contract: Contract, name: str) -> Rule:
    if name not in contract.settings:
        raise UnknownNameError(f"setting of {contract.name}", name, contract.settings)
    return contract.settings[name]


def _missing(contract: Contract, settings: Settings, given: Mapping[str, Any]) -> list[dict[str, str]]:
    missing = [
        (name, f"{rule['title']}: this must be given")
        for name, rule in contract.settings.items()
        if rule.get("required") and settings[name] is None and name not in given
    ]
    missing += [
        (rule["narrows"], f"{contract.settings[rule['narrows']]['title']}: this must be given when {name} is off")
        for name, rule in contract.settings.items()
        if rule.get("narrows") and settings[name] is False and not settings[rule["narrows"]]
    ]
    return [{"pointer": join(["settings", name]), "detail": text} for name, text in missing]


def _url(value: Any, rule: Rule, contract: Contract) -> str:
    return parse(_text(value, rule, contract)).url


def _secret(value: Any, rule: Rule, contract: Contract) -> str:
    text = _text(value, rule, contract)
    return check_secret(text, contract.signature.secret) if contract.signature else text


def _credentials(value: Any, rule: Rule, contract: Contract) -> str:
    text = _text(value, rule, contract)
    if contract.credentials is not None:
        basic(text, contract.credentials)
    return text


def _toggle(value: Any, rule: Rule, contract: Contract) -> bool:  # noqa: ARG001 (all types take the same)
    if not isinstance(value, bool):
        raise SettingError(f"{rule['title']}: expected true or false, got {_short(value)}")
    return value


def _choice(value: Any, rule: Rule, contract: Contract) -> str:
    text = _text(value, rule, contract)
    if text not in rule["choices"]:
        raise UnknownNameError("choice", text, rule["choices"])
    return text


def _choices(value: Any, rule: Rule, contract: Contract) -> list[str]:
    chosen = [_choice(entry, rule, contract) for entry in _list(value, rule)]
    if not chosen:
        raise SettingError(f"{rule['title']}: at least one of {', '.join(rule['choices'])}")
    return list(dict.fromkeys(chosen))


def _fields(value: Any, rule: Rule, contract: Contract) -> list[str]:
    known = {name for event in contract.events.values() for name in schemas.properties(event.schema_path)}
    chosen = [_text(entry, rule, contract) for entry in _list(value, rule)]
    for name in chosen:
        if name not in known:
            raise UnknownNameError("field", name, sorted(known))
    return list(dict.fromkeys(chosen))


def _map(value: Any, rule: Rule, contract: Contract) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > MAX_ENTRIES:
        raise SettingError(f"{rule['title']}: expected an object of at most {MAX_ENTRIES} texts, got {_short(value)}")
    entries = {name: _text(entry, rule, contract) for name, entry in value.items()}
    if rule.get("goes_to") == "headers":
        for name, entry in entries.items():
            if name.lower() in FRAMING:
                raise SettingError(f"{rule['title']}: {name} says how a request travels and cannot be set")
            header_value(name, entry)
    return entries


def _text(value: Any, rule: Rule, contract: Contract) -> str:  # noqa: ARG001
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise SettingError(f"{rule['title']}: expected a text of 1 to {MAX_TEXT} characters, got {_short(value)}")
    return value


def _list(value: Any, rule: Rule) -> list[Any]:
    if not isinstance(value, list):
        raise SettingError(f"{rule['title']}: expected a list, got {_short(value)}")
    return value


def _short(value: Any) -> str:
    """Name what was given without showing it: it may be a secret."""
    names = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    size = f" of {len(value)} characters" if isinstance(value, str) else ""
    return "null" if value is None else names.get(type(value), "something else") + size


TYPES: dict[str, Callable[[Any, Rule, Contract], Any]] = {
    "url": _url,
    "secret": _secret,
    "credentials": _credentials,
    "toggle": _toggle,
    "choice": _choice,
    "choices": _choices,
    "fields": _fields,
    "map": _map,
    "text": _text,
}
"""The types of settings, each with what checks a value."""
