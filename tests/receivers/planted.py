"""Receivers that are wrong in exactly one way each: for every check at least one, which it must find.

A bug says which checks it makes fail, and for which vendor; everything else of it is the correct receiver.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import html
import itertools
import json
import re
import threading
import time
import traceback
import urllib.request
from email.message import Message
from typing import Any

from reference import Handler, Receiver, Refused

BUGS: dict[str, type[Bug]] = {}


class Bug(Receiver):
    """A receiver with a bug.

    Attributes:
        finds: the ids of the checks that must fail; no other may.
        only: the vendor it is shown with.
        process: it has to be run in a process of its own.
        handler: what reads its requests.
    """

    finds: tuple[str, ...] = ()
    only = "luciq"
    process = False
    handler: type[Handler] = Handler

    def __init_subclass__(cls) -> None:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()
        BUGS[name] = cls
        cls.finds = cls.finds or (name,)


def find(name: str) -> tuple[type[Receiver], type[Handler]]:
    return BUGS[name], BUGS[name].handler


class NoCheckAtAll(Bug):
    """Class 1: anyone can make up events."""

    finds = (
        "signature-missing", "signature-wrong", "secret-other", "secret-empty", "signature-length", "body-tampered",
        "signature-multibyte", "signature-malformed", "signature-algorithm", "signature-forms", "signature-repeated",
        "validation-before-authentication", "invalid-utf8",
    )  # fmt: skip

    def authenticate(self, headers: Message, body: bytes) -> None:
        return


class SignatureMissing(Bug):
    """The check runs only when the header is there."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if values:
            super().verify(values, headers, body)


class SignatureWrong(Bug):
    """The last digit is not compared."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if len(values) != 1 or len(values[0]) != 64 or values[0][:-1] != self.expected(body)[:-1]:
            raise Refused(401)


class SecretOther(Bug):
    """The sample secret of the documents works as well."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        sample = hmac.new(b"d8yyxj7srjqf5xyih8ay", body, hashlib.sha256).hexdigest()
        if values != [sample]:
            super().verify(values, headers, body)


class SecretEmpty(Bug):
    """An empty key is tried as well."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if values != [hmac.new(b"", body, hashlib.sha256).hexdigest()]:
            super().verify(values, headers, body)


class SignatureLength(Bug):
    """A signature that is too long for its buffer is a crash."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if values and len(values[0]) > 1000:
            raise OverflowError
        super().verify(values, headers, body)


class SignatureLengthUnequal(Bug):
    """Buffers of different lengths cannot be compared: a crash for everything that is not 64 characters."""

    finds = ("signature-length", "signature-multibyte", "signature-malformed", "signature-algorithm", "signature-forms",
             "signature-repeated", "signature-missing")  # fmt: skip

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if not values or len(values[0]) != 64:
            raise ValueError("buffers must have the same length")
        super().verify(values, headers, body)


class SignatureMultibyte(Bug):
    """The header is taken for ASCII."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        for value in values:
            value.encode("ascii")
        super().verify(values, headers, body)


class SignatureMalformed(Bug):
    """Parts between commas are expected to be pairs."""

    finds = ("signature-malformed", "signature-repeated")

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        for value in values:
            if "," in value:
                dict(part.split("=", 1) for part in value.split(","))
        super().verify(values, headers, body)


class SignatureAlgorithm(Bug):
    """The header says which algorithm."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        name, _, value = (values or [""])[0].partition("=")
        if name in ("sha1", "md5") and value == hmac.new(self.secret.encode(), body, name).hexdigest():
            return
        super().verify(values, headers, body)


class SignatureForms(Bug):
    """Versions are looked at, and the digest behind them is not."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if not (values and values[0].startswith("v1=")):
            super().verify(values, headers, body)


class SignatureRepeated(Bug):
    """A list where a text was expected."""

    def verify(self, values: list[str], headers: Message, body: bytes) -> None:
        if len(values) > 1:
            raise TypeError("expected a string")
        super().verify(values, headers, body)


class SignatureHeaderCase(Bug):
    """The header is looked up as it was written on the vendor's page."""

    def authenticate(self, headers: Message, body: bytes) -> None:
        self.verify([value for name, value in headers.items() if name == self.header], headers, body)


class BodyTampered(Bug):
    """The body is stripped before it is signed."""

    def expected(self, body: bytes) -> str:
        return super().expected(body.rstrip(b" "))


class BodyReserialised(Bug):
    """What was parsed and written again is signed."""

    finds = ("body-reserialised", "text-decoding", "body-tampered")

    def expected(self, body: bytes) -> str:
        try:
            again = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            again = body
        return super().expected(again)


class TextDecoding(Bug):
    """The body is decoded for signing; characters of four bytes get lost."""

    finds = ("text-decoding", "long-and-wide-text", "variants-accepted")

    def expected(self, body: bytes) -> str:
        text = body.decode("utf-8", "surrogateescape")
        return super().expected(re.sub("[\U00010000-\U0010ffff]", "?", text).encode("utf-8", "surrogateescape"))


class InvalidUtf8(Bug):
    """The body is decoded before it is signed: bytes that are no text are a crash."""

    finds = ("invalid-utf8", "content-encoding")

    def expected(self, body: bytes) -> str:
        return super().expected(body.decode("utf-8").encode())


class Bypass(Bug):
    """Whoever says that the request comes from this machine is trusted."""

    def authenticate(self, headers: Message, body: bytes) -> None:
        if headers.get("X-Forwarded-For") != "127.0.0.1":
            super().authenticate(headers, body)


class BypassTestMode(Bug):
    """A switch for tests in the payload was left on."""

    finds = ("bypass",)

    def authenticate(self, headers: Message, body: bytes) -> None:
        if b'"test":true' not in body:
            super().authenticate(headers, body)


class StoresFirst(Receiver):
    """Stores every event, and looks afterwards whether it should have."""

    def authenticate(self, headers: Message, body: bytes) -> None:
        payload = self.parse(headers, body)
        if payload:
            self.store(self.key(payload, body, headers), payload)
        super().authenticate(headers, body)


class RefusedNotStored(StoresFirst, Bug):
    """The event is stored first and verified afterwards."""


class ValidationBeforeAuthentication(Bug):
    """The body is parsed first."""

    def authenticate(self, headers: Message, body: bytes) -> None:
        if self.parse(headers, body) is None:
            raise Refused(400)
        super().authenticate(headers, body)


class SecretUnset(Bug):
    """Without a secret nothing is checked."""

    process = True

    def __init__(self, vendor: str, secret: str = "", basic: str = "", db: str | None = None) -> None:
        super().__init__(vendor, secret or "unset", basic, db)
        self.unset = not secret

    def authenticate(self, headers: Message, body: bytes) -> None:
        if not self.unset:
            super().authenticate(headers, body)


class SecretPadded(Bug):
    """The secret is taken with its line break."""

    process = True

    def __init__(self, vendor: str, secret: str = "", basic: str = "", db: str | None = None) -> None:
        super().__init__(vendor, secret, basic, db)
        self.secret = secret


class CredentialsMissing(Bug):
    """The check runs only when the header is there."""

    only = "backtrace"

    def authenticate(self, headers: Message, body: bytes) -> None:
        if headers.get("Authorization") is not None:
            super().authenticate(headers, body)


class CredentialsWrong(Bug):
    """Only the user is compared."""

    only = "backtrace"

    def login(self, value: str) -> None:
        try:
            user = base64.b64decode(value.removeprefix("Basic ")).decode().split(":")[0]
        except ValueError:
            user = ""
        if ":" not in self.basic or user != self.basic.split(":")[0] or not value.startswith("Basic "):
            raise Refused(401)
        if b":" not in base64.b64decode(value.removeprefix("Basic ")):
            raise Refused(401)


class CredentialsMalformed(Bug):
    """What is no base64 is a crash."""

    only = "backtrace"

    def login(self, value: str) -> None:
        if value:
            base64.b64decode(value.split(" ")[1], validate=True).decode().split(":")[1]
        super().login(value)


class CredentialsNotStored(StoresFirst, Bug):
    """The event is stored first."""

    only = "backtrace"


class AnswerLeaks(Bug):
    """The right signature is shown to whoever asks."""

    def refusal(self, status: int, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        return status, f"expected {self.expected(body)}".encode(), "text/plain"


class AnswerLeaksTrace(Bug):
    """A stack trace is shown."""

    finds = ("answer-leaks",)
    only = "bugsplat"

    def refusal(self, status: int, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        try:
            raise KeyError("payload")
        except KeyError:
            return status, traceback.format_exc().encode(), "text/plain"


class TextReflected(Bug):
    """The answer is a page with the title of the event in it, as it came."""

    def receive(self, method: str, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        status, answer, kind = super().receive(method, headers, body)
        if status == 200:
            payload = json.loads(body)
            page = "".join(str(value) for value in payload.values()) if isinstance(payload, dict) else ""
            return status, f"<h1>{page[:20000]}</h1>".encode("utf-8", "replace"), "text/html"
        return status, html.escape(answer.decode()).encode(), kind


class UrlFetched(Bug):
    """Attachments are fetched at once. (Here: from this machine alone.)"""

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        super().store(key, payload)
        for url in re.findall(r"http://127\.0\.0\.1:\d+/[^\"\s\]]*", json.dumps(payload)):
            try:
                urllib.request.urlopen(url, timeout=1).close()
            except OSError:
                continue


class BodyUnbounded(Bug):
    """The whole body is waited for, however large."""

    limit = 10**12


class EventAccepted(Bug):
    """The canonical address is elsewhere."""

    def receive(self, method: str, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        status, answer, kind = super().receive(method, headers, body)
        return (302, b"", kind) if status == 200 else (status, answer, kind)


class ContentTypeParameters(Bug):
    """The header is compared whole."""

    def parse(self, headers: Message, body: bytes) -> dict[str, Any] | None:
        if headers.get("Content-Type") != "application/json":
            raise Refused(415)
        return super().parse(headers, body)


class ContentTypeOther(Bug):
    """The header is taken to be there."""

    def parse(self, headers: Message, body: bytes) -> dict[str, Any] | None:
        headers["Content-Type"].split(";")
        return super().parse(headers, body)


class ContentEncoding(Bug):
    """Whatever says that it is compressed is decompressed."""

    def parse(self, headers: Message, body: bytes) -> dict[str, Any] | None:
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return super().parse(headers, body)


class Deaf(Handler):
    def chunks(self) -> bytes | None:
        self.close_connection = True
        return b""


class ChunkedBody(Bug):
    """Without a length there is no body."""

    handler = Deaf


class BodySize(Bug):
    """The framework's limit of a megabyte stands."""

    limit = 1_000_000


class OtherMethods(Bug):
    """Other methods are a crash."""

    def receive(self, method: str, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        if method == "PUT":
            raise NotImplementedError
        return super().receive(method, headers, body)


class SlowAnswer(Bug):
    """The work is done before the answer; once, here, so that a run does not take long."""

    waited = False

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        if not self.waited:
            self.waited = True
            time.sleep(1.2)
        super().store(key, payload)


class Impatient(Handler):
    def body(self) -> bytes | None:
        began = time.monotonic()
        body = super().body()
        if time.monotonic() - began > 0.6 and body is not None:
            self.answer(408, b"", "text/plain")
            return None
        return body


class SlowBody(Bug):
    """A body has half a second to arrive."""

    handler = Impatient


class Fragile(Handler):
    def body(self) -> bytes | None:
        if getattr(self.receiver, "hurt", 0) > 0:
            self.receiver.hurt -= 1  # type: ignore[attr-defined]
            raise ConnectionError
        try:
            body = super().body()
        except ConnectionError:
            body = None
        if body is None and self.command == "POST":
            self.receiver.hurt = 2  # type: ignore[attr-defined]
        return body


class AbortedUpload(Bug):
    """A connection that breaks off takes others with it."""

    handler = Fragile


class Sticky(Handler):
    spoiled = False

    def answer(self, status: int, body: bytes, kind: str) -> None:
        if self.spoiled:
            status = 400
        self.spoiled = status == 401
        super().answer(status, body, kind)


class ReuseAfterRefusal(Bug):
    """What is left of a refused request is read as the start of the next one."""

    handler = Sticky


class Unexpecting(Handler):
    def handle_expect_100(self) -> bool:
        self.answer(500, b"", "text/plain")
        self.close_connection = True
        return False


class ExpectContinue(Bug):
    """The header is a crash."""

    handler = Unexpecting


class FormUrlencoded(Bug):
    """Only JSON and multipart are read."""

    only = "betterbugs"

    def parse(self, headers: Message, body: bytes) -> dict[str, Any] | None:
        if headers.get_content_type() == "application/x-www-form-urlencoded":
            raise Refused(415)
        return super().parse(headers, body)


class FormMultipart(Bug):
    """A multipart body arrives empty: the answer is right, and the event is lost."""

    only = "betterbugs"

    def parse(self, headers: Message, body: bytes) -> dict[str, Any] | None:
        if headers.get_content_type() == "multipart/form-data":
            return {}
        return super().parse(headers, body)


class MultipartHostile(Bug):
    """A form without a boundary is a crash."""

    only = "betterbugs"

    def parts(self, headers: Message, body: bytes) -> list[tuple[str, str]]:
        if "boundary" not in headers["Content-Type"]:
            raise AttributeError("boundary")
        return super().parts(headers, body)


class Handshake(Bug):
    """Everything that is no event is refused, the verify request too."""

    only = "betterbugs"

    def check(self, payload: dict[str, Any]) -> None:
        if not payload:
            raise Refused(400)


class VariantsAccepted(Bug):
    """An empty place is refused."""

    def check(self, payload: dict[str, Any]) -> None:
        if payload.get("Location") == "":
            raise Refused(422)


class UnknownMember(Bug):
    """Members that are not on the list are refused."""

    def check(self, payload: dict[str, Any]) -> None:
        if any(name.lower().startswith("hookproof") for name in payload):
            raise Refused(422)


class OptionalMissing(Bug):
    """A member that the customer can switch off is required."""

    finds = ("optional-missing", "variants-accepted")

    def check(self, payload: dict[str, Any]) -> None:
        if "URL" in payload and "Battery" not in payload:
            raise Refused(422)


class NullMember(Bug):
    """Null is a crash."""

    def check(self, payload: dict[str, Any]) -> None:
        if "Email" in payload and payload["Email"] is None:
            raise TypeError


class TypeDrift(Bug):
    """A number where text was expected is a crash."""

    def check(self, payload: dict[str, Any]) -> None:
        if payload.get("Email") is not None:
            payload["Email"].lower()


class UnknownValue(Bug):
    """Values that are not on the list are refused."""

    def check(self, payload: dict[str, Any]) -> None:
        if isinstance(payload.get("Orientation"), str) and payload["Orientation"] not in ("portrait", "landscape"):
            raise Refused(422)


class MalformedBody(Bug):
    """A list where an object was expected is a crash."""

    def json(self, body: bytes) -> Any:
        payload = super().json(body)
        if isinstance(payload, list):
            raise TypeError("list indices must be integers")
        return payload


class NulText(Bug):
    """The database refuses NUL, and nobody is told."""

    finds = ("nul-text", "accepted-stored")

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        if "\\u0000" not in json.dumps(payload):
            super().store(key, payload)


class LoneSurrogate(Bug):
    """Half a character cannot be written."""

    finds = ("lone-surrogate", "invalid-utf8")

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        json.dumps(payload, ensure_ascii=False).encode("utf-8")
        super().store(key, payload)


class LargeInteger(Bug):
    """Numbers are floating point."""

    def json(self, body: bytes) -> Any:
        return json.loads(body, parse_int=lambda digits: int(float(digits)) if len(digits) < 300 else 0)


class EmptyAndLongLists(Bug):
    """Long stacks are a crash."""

    only = "backtrace"

    def check(self, payload: dict[str, Any]) -> None:
        if isinstance(payload.get("callstack"), list) and len(payload["callstack"]) > 5000:
            raise RecursionError


class UnusualDates(Bug):
    """Time ends in 2038."""

    def check(self, payload: dict[str, Any]) -> None:
        year = str(payload.get("Reported At", ""))[:4]
        if year.isdigit() and int(year) >= 2038:
            raise Refused(422)


class LongAndWideText(Bug):
    """Columns hold 255 characters."""

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        cut = {name: value[:500] if isinstance(value, str) else value for name, value in payload.items()}
        super().store(key, cut)


class HostileJson(Bug):
    """Deep nesting is a crash."""

    def json(self, body: bytes) -> Any:
        if body.count(b"[") > 1000:
            raise MemoryError
        return super().json(body)


class EventStored(Bug):
    """The answer is right, and nothing is kept."""

    def keep(self, key: Any, record: dict[str, Any]) -> None:
        return


class EventStoredTwice(Bug):
    """Two workers keep every event."""

    finds = ("event-stored",)

    def keep(self, key: Any, record: dict[str, Any]) -> None:
        super().keep(key, record)
        super().keep(f"{key} again", record)


class AcceptedStored(Bug):
    """What cannot be processed is dropped in silence."""

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        if "Battery" in payload:
            super().store(key, payload)


class Burst(Bug):
    """More than twelve at once are too many."""

    finds = ("burst", "duplicate-race")
    busy = threading.Semaphore(12)

    def receive(self, method: str, headers: Message, body: bytes) -> tuple[int, bytes, str]:
        if not self.busy.acquire(blocking=False):
            return 503, b"", "text/plain"
        try:
            time.sleep(0.02)
            return super().receive(method, headers, body)
        finally:
            self.busy.release()


class DuplicateAnswered(Bug):
    """A duplicate is an error."""

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        if key in self.records:
            raise Refused(409)
        super().store(key, payload)


class DuplicateStored(Bug):
    """Every delivery is an event."""

    finds = ("duplicate-stored", "duplicate-race", "identity-too-narrow")
    numbers = itertools.count()

    def key(self, payload: dict[str, Any], body: bytes, headers: Message) -> Any:
        return next(self.numbers)


class DuplicateRace(Bug):
    """Looking first and storing then."""

    numbers = itertools.count()

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        if not any(record["payload"] is not payload and record["key"] == key for record in self.shown()):
            time.sleep(0.02)
            with self.lock:
                self.records[next(self.numbers)] = {"key": key, "payload": payload}


class IdentityTooWide(Bug):
    """Half of the identity is the key: crashes without a stack are all the same."""

    finds = ("identity-too-wide", "accepted-stored")

    only = "backtrace"

    def identity(self, payload: dict[str, Any]) -> tuple[Any, ...]:
        return super().identity(payload)[:1]


class IdentityTooNarrow(Bug):
    """A hash of the body is the key."""

    def key(self, payload: dict[str, Any], body: bytes, headers: Message) -> Any:
        return hashlib.sha256(body).hexdigest()


class StaleOverwrites(Bug):
    """What comes last wins."""

    only = "betterbugs"

    def store(self, key: Any, payload: dict[str, Any]) -> None:
        with self.lock:
            self.keep(key, {"payload": payload})


class Durability(Bug):
    """Events wait in memory for a second."""

    process = True

    def write(self, record: dict[str, Any]) -> None:
        threading.Timer(1, super().write, (record,)).start()
