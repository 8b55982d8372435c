"""How fast, as ratios measured side by side in one run: ``tox -e benchmarks``, or ``pytest benchmarks``.

Each benchmark measures its peers in turn, several rounds, and reports the median of the ratios on standard output and
in its extra info. Nothing here fails for being slow.
"""

from __future__ import annotations

import hmac
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from faker import Faker
from pytest_benchmark.fixture import BenchmarkFixture

from hookproof.contracts import Contract, Event, default_library
from hookproof.generator import Generator, Options
from hookproof.validation import is_valid, validate

SECRET = "d8yyxj7srjqf5xyih8ay"
ROUNDS = 7


def seconds(call: Callable[[int], Any], count: int) -> float:
    began = time.perf_counter()
    for index in range(count):
        call(index)
    return (time.perf_counter() - began) / count


def ratio(name: str, one: tuple[Callable[[int], Any], int], other: tuple[Callable[[int], Any], int]) -> float:
    """Measure two calls in turn and return the median of (other / one): how many times as fast one is."""
    ratios = [seconds(*other) / seconds(*one) for _ in range(ROUNDS)]
    middle = statistics.median(ratios)
    sys.stdout.write(f"\n{name}: {middle:.3g} (from {min(ratios):.3g} to {max(ratios):.3g})\n")
    return middle


@pytest.fixture
def crash() -> tuple[Contract, Event]:
    return default_library().event("luciq.crash")


@pytest.fixture
def generator(crash: tuple[Contract, Event]) -> Generator:
    return Generator(*crash, seed="bench", options=Options(secret=SECRET))


def naive(fake: Faker) -> dict[str, Any]:
    """The same payload with a Faker call for each field and each line."""
    stamp = "%Y-%m-%d %H:%M:%S"

    def lines(count: int) -> str:
        return "\n".join(f"{fake.date_time().strftime(stamp)}.000 {fake.sentence()}" for _ in range(count))

    return {
        "Exception": f"{fake.word()}: {fake.sentence()}",
        "Number": fake.random_int(),
        "URL": f"https://insta.co/{fake.uuid4()}",
        "Status": fake.random_element(["New", "Closed"]),
        "Email": fake.email(),
        "Reported At": fake.date_time().strftime(stamp) + " UTC",
        "Location": f"{fake.city()}, {fake.country()}",
        "Device": fake.word(),
        "Memory": f"{fake.random_int()}/{fake.random_int()} MB",
        "Storage": f"{fake.random_int()}/{fake.random_int()} GB",
        "Connectivity": f"Carrier: {fake.company()}, WiFi: {fake.word()}",
        "Battery": f"{fake.random_int(1, 100)}, Unplugged",
        "App Version": f"{fake.numerify('#.#.#')} ({fake.numerify('####')})",
        "Duration": fake.random_int(),
        "User Data": f"userid = {fake.random_int()}",
        "Console Log": lines(35),
        "Luciq Log": lines(10),
        "User Steps": lines(12),
        "User Attributes": {fake.word(): fake.word()},
        "Current View": fake.word(),
        "Locale": fake.locale(),
        "Orientation": fake.random_element(["portrait", "landscape"]),
        "Screen Size": fake.numerify("###x###"),
        "Density": "@2x",
        "Image Attachments": [fake.image_url()],
    }


@pytest.mark.benchmark(group="generating")
def test_generating_against_the_floor(benchmark: BenchmarkFixture, generator: Generator) -> None:
    """Signed crashes against serialising and signing ready payloads. Aim: 15 percent."""
    ready = [generator.payload(index) for index in range(500)]
    key = SECRET.encode()

    def floor(index: int) -> str:
        return hmac.digest(key, orjson.dumps(ready[index % 500]), "sha256").hex()

    result = ratio("generating, of the floor's speed", (generator.request, 2000), (floor, 2000))
    benchmark.extra_info["of the floor"] = result
    benchmark(generator.request, 1)


@pytest.mark.benchmark(group="generating")
def test_generating_against_naive_faker(benchmark: BenchmarkFixture, generator: Generator) -> None:
    """Signed crashes against the same made by one Faker call per field. Aim: 50 times."""
    fake = Faker()

    def one(_: int) -> str:
        return hmac.digest(SECRET.encode(), orjson.dumps(naive(fake)), "sha256").hex()

    result = ratio("generating, times naive Faker", (generator.request, 2000), (one, 60))
    benchmark.extra_info["times naive Faker"] = result
    benchmark(naive, fake)


@pytest.mark.benchmark(group="validating")
@pytest.mark.parametrize("profile", ["accepted", "generated"])
def test_validating(
    benchmark: BenchmarkFixture, crash: tuple[Contract, Event], generator: Generator, profile: Any
) -> None:
    """A crash with all its logs, with all findings listed and with a plain yes or no."""
    payload = generator.payload(0)
    event = crash[1]
    quick, full = (lambda _: is_valid(payload, event, profile)), (lambda _: validate(payload, event, profile))
    result = ratio(f"validating ({profile}), yes-or-no times listing", (quick, 200), (full, 200))
    benchmark.extra_info["yes or no against listing"] = result
    benchmark(validate, payload, event, profile)


@pytest.mark.benchmark(group="starting")
def test_asking_for_the_version(benchmark: BenchmarkFixture) -> None:
    """The program against an interpreter that does nothing. Aim: at most 3 times."""
    version = [sys.executable, "-m", "hookproof", "--version"]
    nothing = [sys.executable, "-c", "pass"]

    def run(command: list[str]) -> Callable[[int], Any]:
        return lambda _: subprocess.run(command, check=True, capture_output=True)

    result = ratio("--version, times python -c pass", (run(nothing), 10), (run(version), 10))
    benchmark.extra_info["times python -c pass"] = result
    benchmark(run(version), 0)
