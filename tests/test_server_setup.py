"""The set-up of integrations and what their settings do, for each vendor, over real sockets."""

from __future__ import annotations

import hashlib
import hmac
import json
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs

import pytest
from catcher import Catcher

import hookproof
from hookproof.client import ApiError, Client

SECRET = "d8yyxj7srjqf5xyih8ay"
BASIC = "hooks:pass word"
SETTINGS: dict[str, dict[str, Any]] = {
    "luciq": {"secret": SECRET},
    "instabug": {"secret": SECRET},
    "backtrace": {"credentials": BASIC},
    "bugsplat": {},
    "betterbugs": {},
}


@pytest.fixture
def vendors(mock_vendors: Client) -> Client:
    """A namespace whose time stands still."""
    mock_vendors.freeze("2026-03-01T09:00:00Z")
    return mock_vendors


def payloads(catcher: Catcher) -> list[dict[str, Any]]:
    return [json.loads(body) for body in catcher.bodies if body != b"{}"]


def refused(call: Any) -> dict[str, Any]:
    with pytest.raises(ApiError) as caught:
        call()
    assert caught.value.status in (409, 422)
    return caught.value.problem


@pytest.mark.parametrize("event", [
    "luciq.crash", "luciq.bug", "luciq.apm", "instabug.crash", "instabug.bug", "instabug.apm", "backtrace.group",
    "bugsplat.notification", "betterbugs.bug",
])  # fmt: skip
def test_every_event_is_delivered_as_its_contract_says(vendors: Client, catcher: Catcher, event: str) -> None:
    """Signed or with credentials, valid by the strict profile, at the time of the namespace."""
    vendor = event.partition(".")[0]
    vendors.integrate(vendor, catcher.url, **SETTINGS[vendor])
    catcher.caught.clear()

    vendors.trigger(event)
    vendors.advance()

    deliveries, arrived = vendors.deliveries(event=event), catcher.caught[0]
    assert {one["state"] for one in deliveries} == {"delivered"}
    assert [one["request"]["body"].encode() for one in deliveries] == catcher.bodies
    for one in catcher.caught:
        assert hookproof.validate(one.body, event, strict=True) == []
    header = {"luciq": "x-lcq-signature-256", "instabug": "x-ibg-signature-256"}.get(vendor)
    if header:
        assert arrived.header(header) == hmac.new(SECRET.encode(), arrived.body, hashlib.sha256).hexdigest()
    assert (arrived.header("authorization") is not None) == (vendor == "backtrace")
    if not event.endswith(".apm"):  # alerts carry no time
        assert b"2026-03-01" in arrived.body or b"17723556" in arrived.body


@pytest.mark.parametrize(("vendor", "wrong", "place"), [
    ("luciq", {"secret": "too-short"}, "/settings/secret"),
    ("luciq", {"secret": "x" * 65}, "/settings/secret"),
    ("luciq", {"products": []}, "/settings/products"),
    ("luciq", {"products": ["crashes"]}, "/settings/products"),
    ("luciq", {"fields": ["Emial"]}, "/settings/fields"),
    ("luciq", {"automatic_forwarding": "yes"}, "/settings/automatic_forwarding"),
    ("backtrace", {}, "/settings/credentials"),
    ("backtrace", {"credentials": "no-colon"}, "/settings/credentials"),
    ("backtrace", {"credentials": BASIC, "event": "all"}, "/settings/event"),
    ("bugsplat", {"secret": SECRET}, "/settings/secret"),
    ("betterbugs", {"all_projects": False}, "/settings/project"),
    ("betterbugs", {"payload_format": "xml"}, "/settings/payload_format"),
    ("betterbugs", {"custom_headers": {"X-Key": "a\r\nX-Evil: b"}}, "/settings/custom_headers"),
    ("betterbugs", {"custom_headers": {"Content-Length": "5"}}, "/settings/custom_headers"),
    ("betterbugs", {"custom_headers": {"X Key": "a"}}, "/settings/custom_headers"),
    ("betterbugs", {"custom_fields": ["a"]}, "/settings/custom_fields"),
])  # fmt: skip
def test_what_the_vendor_would_not_save_is_refused(
    vendors: Client, catcher: Catcher, vendor: str, wrong: dict[str, Any], place: str
) -> None:
    """With the setting named and nothing secret repeated."""
    problem = refused(lambda: vendors.integrate(vendor, catcher.url, **wrong))

    assert place in [error["pointer"] for error in problem["errors"]]
    assert "too-short" not in json.dumps(problem)
    assert vendors.call("GET", "/v1/integrations")["integrations"] == []
    assert catcher.caught == []


def test_secrets_are_never_shown(vendors: Client, catcher: Catcher) -> None:
    """Not in settings, not in the log, not in the stream of news."""
    vendors.integrate("luciq", catcher.url, secret=SECRET)
    vendors.integrate("backtrace", catcher.url, credentials=BASIC)
    vendors.integrate("betterbugs", catcher.url, custom_headers={"X-Key": "hush-hush"})
    vendors.trigger("backtrace.group")
    vendors.trigger("betterbugs.bug")
    vendors.advance()

    shown = json.dumps([vendors.call("GET", "/v1/integrations"), vendors.deliveries()])
    assert SECRET not in shown
    assert "pass word" not in shown
    assert "hush-hush" not in shown
    assert "aG9va3M6" not in shown
    assert [one.header("x-key") for one in catcher.caught if b"bugId" in one.body] == ["hush-hush"]


def test_products_decide_which_events_are_forwarded(vendors: Client, catcher: Catcher) -> None:
    """And what is left out says why."""
    vendors.integrate("luciq", catcher.url, products=["apm"])

    (crash,), (alert,) = vendors.trigger("luciq.crash"), vendors.trigger("luciq.apm")

    assert crash["deliveries"] == []
    assert "products" in crash["skipped"][0]["reason"]
    assert len(alert["deliveries"]) == 1


def test_fields_choose_what_is_forwarded(vendors: Client, catcher: Catcher) -> None:
    """In the order of the model, and signed as sent."""
    vendors.integrate("luciq", catcher.url, secret=SECRET, fields=["Email", "Exception"])
    vendors.trigger("luciq.crash", variant="full")
    vendors.deliveries(1)

    arrived = catcher.caught[0]
    assert list(json.loads(arrived.body)) == ["Exception", "Email"]
    expected = hmac.new(SECRET.encode(), arrived.body, hashlib.sha256).hexdigest()
    assert arrived.header("x-lcq-signature-256") == expected


def test_automatic_forwarding_can_be_switched_off_at_any_time(vendors: Client, catcher: Catcher) -> None:
    """Then only what somebody forwards is delivered."""
    one = vendors.integrate("luciq", catcher.url)
    vendors.change(one["id"], settings={"automatic_forwarding": False})

    (left,) = vendors.trigger("luciq.bug")
    (forwarded,) = vendors.trigger("luciq.bug", integrations=[one["id"]])

    assert "automatic_forwarding" in left["skipped"][0]["reason"]
    assert len(forwarded["deliveries"]) == 1


def test_nothing_is_signed_before_a_secret_is_saved(vendors: Client, catcher: Catcher) -> None:
    """As the documents say."""
    one = vendors.integrate("luciq", catcher.url)
    vendors.trigger("luciq.apm")
    vendors.deliveries(1)
    vendors.change(one["id"], settings={"secret": SECRET})
    vendors.trigger("luciq.apm")
    vendors.deliveries(2)

    assert [one.header("x-lcq-signature-256") is not None for one in catcher.caught] == [False, True]


def test_a_test_delivery_is_sent_where_the_vendor_has_one(vendors: Client, catcher: Catcher) -> None:
    """Of the first kind that the products choose; elsewhere it is refused."""
    one = vendors.integrate("instabug", catcher.url, secret=SECRET, products=["apm"])
    test = vendors.test(one["id"])
    other = vendors.integrate("bugsplat", catcher.url)

    delivery = vendors.delivery(test["id"], attempts=1)
    assert (delivery["purpose"], delivery["state"], delivery["name"]) == ("test", "delivered", "instabug.apm")
    assert "documents no test delivery" in refused(lambda: vendors.test(other["id"]))["detail"]


def test_paused_integrations_get_nothing(vendors: Client, catcher: Catcher) -> None:
    """Until they are resumed."""
    one = vendors.integrate("bugsplat", catcher.url)
    assert vendors.call("POST", f"/v1/integrations/{one['id']}/pause")["state"] == "paused"
    (skipped,) = vendors.trigger("bugsplat.notification")
    assert vendors.call("POST", f"/v1/integrations/{one['id']}/resume")["state"] == "active"
    (delivered,) = vendors.trigger("bugsplat.notification")

    assert skipped["skipped"] == [{"integration": one["id"], "reason": "the integration is paused"}]
    assert len(delivered["deliveries"]) == 2


def test_display_settings_hide_members(vendors: Client, catcher: Catcher) -> None:
    """Each its own."""
    vendors.integrate("backtrace", catcher.url, credentials=BASIC, show_callstack=False, show_attributes=False)
    vendors.trigger("backtrace.group", variant="full")
    vendors.advance()

    payload = payloads(catcher)[0]
    assert not {"callstack", "attributes"} & payload.keys()
    assert "classifiers" in payload


def test_groups_are_notified_once_and_traces_each_time(vendors: Client, catcher: Catcher) -> None:
    """By the setting of the integration."""
    groups = vendors.integrate("backtrace", catcher.url, credentials=BASIC)
    traces = vendors.integrate("backtrace", catcher.url, credentials=BASIC, event="trace")
    for _ in range(3):
        vendors.trigger("backtrace.group", group="login")
        vendors.advance(60)

    assert len(vendors.deliveries(integration=groups["id"])) == 1
    assert len(vendors.deliveries(integration=traces["id"])) == 3
    assert [payload["occurrences"] for payload in payloads(catcher)][-1] == 3


def test_new_reports_and_new_groups_are_two_notifications(vendors: Client, catcher: Catcher) -> None:
    """A report carries its id, a group does not; both toggles off is silence."""
    one = vendors.integrate("bugsplat", catcher.url)
    vendors.trigger("bugsplat.notification", group="a", count=2)
    vendors.advance()
    assert ["id" in payload for payload in payloads(catcher)] == [True, False, True]

    vendors.change(one["id"], settings={"new_report": False})
    vendors.trigger("bugsplat.notification", group="b", count=2)
    vendors.advance()
    assert ["id" in payload for payload in payloads(catcher)[3:]] == [False]

    vendors.change(one["id"], settings={"new_group": False})
    (event,) = vendors.trigger("bugsplat.notification")
    assert event["deliveries"] == []


def test_an_address_is_saved_after_its_verify_request_was_answered(vendors: Client, catcher: Catcher) -> None:
    """Otherwise there is no integration, and the problem shows what came back."""
    catcher.statuses = [404]
    problem = refused(lambda: vendors.integrate("betterbugs", catcher.url))
    assert problem["type"].endswith("not-verified")
    assert problem["delivery"]["attempts"][0]["response"]["status"] == 404
    assert vendors.call("GET", "/v1/integrations")["integrations"] == []

    one = vendors.integrate("betterbugs", catcher.url)
    catcher.statuses = [500]
    refused(lambda: vendors.change(one["id"], settings={"url": catcher.url + "/new"}))
    assert vendors.call("GET", f"/v1/integrations/{one['id']}")["settings"]["url"] == catcher.url
    assert [one["purpose"] for one in vendors.deliveries()] == ["verify"] * 3
    assert catcher.bodies == [b"{}"] * 3


def test_nothing_listens_at_the_address(vendors: Client) -> None:
    """The verify request finds that out."""
    problem = refused(lambda: vendors.integrate("betterbugs", "http://127.0.0.1:9/hook"))

    assert "connection refused" in problem["detail"]


def test_reports_of_one_project_or_of_all(vendors: Client, catcher: Catcher) -> None:
    """By the toggle, and the ids in payloads are those of their project."""
    everything = vendors.integrate("betterbugs", catcher.url)
    web = vendors.integrate("betterbugs", catcher.url, all_projects=False, project="web")
    catcher.caught.clear()
    vendors.trigger("betterbugs.bug", project="web")
    vendors.trigger("betterbugs.bug", project="shop")
    vendors.deliveries(5)

    assert len(vendors.deliveries(integration=everything["id"])) == 3
    assert len(vendors.deliveries(integration=web["id"])) == 2
    found = {payload["projectId"] for payload in payloads(catcher)}
    assert len(found) == 2
    assert len({payload["workspaceId"] for payload in payloads(catcher)}) == 1


def test_form_data_is_multipart_or_urlencoded(vendors: Client, catcher: Catcher) -> None:
    """The documents leave open which; the first by default, the other as the tester wishes."""
    vendors.integrate("betterbugs", catcher.url, payload_format="form-data")
    manner = {"content_type": "application/x-www-form-urlencoded", "nesting": "brackets"}
    vendors.integrate("betterbugs", catcher.url, payload_format="form-data", manner=manner)
    catcher.caught.clear()
    vendors.trigger("betterbugs.bug", set={"/title": "A & B"})
    vendors.deliveries(4)

    arrived = {str(one.header("content-type")).partition(";")[0]: one for one in catcher.caught}
    form = arrived["multipart/form-data"]
    message: Any = message_from_bytes(f"Content-Type: {form.header('content-type')}\n\n".encode() + form.body)
    parts = {part.get_param("name", header="content-disposition"): part for part in message.get_payload()}
    assert parts["title"].get_payload(decode=True) == b"A & B"
    assert parse_qs(arrived["application/x-www-form-urlencoded"].body.decode())["title"] == ["A & B"]


def test_custom_headers_and_fields_come_back(vendors: Client, catcher: Catcher) -> None:
    """As configured, nothing made up."""
    one = vendors.integrate("betterbugs", catcher.url, custom_headers={"X-Team": "web"}, custom_fields={"env": "prod"})
    vendors.trigger("betterbugs.bug")
    vendors.deliveries(2)
    vendors.change(one["id"], settings={"custom_fields": None})
    vendors.trigger("betterbugs.bug")
    vendors.deliveries(3)

    first, second = payloads(catcher)
    assert first["customFields"] == {"env": "prod"}
    assert "customFields" not in second
    assert catcher.caught[-1].header("x-team") == "web"


def test_targets_are_checked_after_their_names_are_resolved(vendors: Client) -> None:
    """Link-local never, elsewhere only if allowed; credentials in the URL not at all."""
    for url in ("http://169.254.169.254/latest", "http://192.0.2.7/hook", "http://u:p@127.0.0.1/", "ftp://127.0.0.1/"):
        problem = refused(lambda url=url: vendors.integrate("luciq", url))
        assert problem["errors"][0]["pointer"] == "/settings/url"


def test_redirects_are_not_followed(vendors: Client, catcher: Catcher) -> None:
    """They are an answer like others, and no acceptance."""
    catcher.statuses = [307]
    vendors.integrate("luciq", catcher.url)
    vendors.trigger("luciq.apm")

    (delivery,) = vendors.deliveries(1)
    assert delivery["state"] == "failed"
    assert len(catcher.caught) == 1
