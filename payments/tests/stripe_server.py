"""A small Stripe that really listens and remembers: checkouts, payment intents, refunds, signed reports."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
from pytest_django import Settings

from tests.processes import PATIENCE

SECRET_KEY, WEBHOOK_SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"
Params = dict[str, str]
Body = dict[str, Any]


class Refused(Exception):
    def __init__(self, code: str, kind: str = "invalid_request_error", status: int = 400) -> None:
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": code}}


@dataclass
class StripeServer:
    """``faults`` come over the next requests: ``down``, ``lost`` (done, but not answered), ``slow``,
    ``busy`` (answered once another has asked with the same key).
    """

    url: str = ""
    sessions: dict[str, Body] = field(default_factory=dict)
    intents: dict[str, Body] = field(default_factory=dict)
    refunds: dict[str, Body] = field(default_factory=dict)
    answers: dict[str, tuple[Params, Body]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    asked: list[tuple[str, str, Params]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    lock: threading.RLock = field(default_factory=threading.RLock)
    in_progress: set[str] = field(default_factory=set)
    asked_again: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        for kept in (self.sessions, self.intents, self.refunds, self.answers):
            kept.clear()
        self.faults, self.asked = [], []
        self.asked_again.clear()

    # What a customer, a bank or a dashboard does.

    def pay(self, session: Body, *, status: str = "succeeded") -> None:
        """``processing``: by a transfer that takes days."""
        assert session["status"] == "open"
        amount, currency = session["amount_total"], session["currency"]
        intent = self._make_intent(amount, currency, session["intent_metadata"], status)
        session["status"], session["payment_intent"] = "complete", intent["id"]
        session["payment_status"] = "paid" if status == "succeeded" else "unpaid"

    def settle(self, session: Body, *, succeeds: bool) -> None:
        intent = self.intents[session["payment_intent"]]
        intent["status"] = "succeeded" if succeeds else "requires_payment_method"
        session["payment_status"] = "paid" if succeeds else "unpaid"

    @property
    def session(self) -> Body:
        """The newest."""
        return list(self.sessions.values())[-1]

    @property
    def balance(self) -> int:
        paid = sum(each["amount"] for each in self.intents.values() if each["status"] == "succeeded")
        return int(paid - sum(each["amount"] for each in self.refunds.values()))

    def forget_keys(self) -> None:
        """As a day later."""
        self.answers.clear()

    # What it answers.

    def answer_late(self, method: str, path: str, params: Params, key: str) -> Body:
        self.in_progress.add(key)
        self.asked_again.wait(PATIENCE)
        self.in_progress.discard(key)
        return self.answer(method, path, params, key)

    def answer(self, method: str, path: str, params: Params, key: str) -> Body:
        with self.lock:
            return self._answer(method, path, params, key)

    def _answer(self, method: str, path: str, params: Params, key: str) -> Body:
        self.asked.append((method, path, params))
        if key in self.in_progress:
            self.asked_again.set()
            raise Refused("idempotency_key_in_use", status=409)
        if method == "POST" and key in self.answers:
            before, body = self.answers[key]
            if before != params:
                raise Refused("idempotency_key_reused", "idempotency_error")
            return body
        _, _, kind, *rest = path.split("/")
        body = getattr(self, f"{method.lower()}_{kind}")(rest, params)
        if method == "POST" and key:
            self.answers[key] = (params, body)
        return dict(body)

    def post_checkout(self, rest: list[str], params: Params) -> Body:
        if rest[1:]:
            return self._expire(self._find(self.sessions, rest[1]))
        amount = int(params["line_items[0][price_data][unit_amount]"])
        if amount < 50:
            raise Refused("amount_too_small")
        assert 1800 <= int(params["expires_at"]) - time.time() <= 86_400
        number = f"cs_test_{next(self.numbers)}"
        self.sessions[number] = {
            "id": number,
            "object": "checkout.session",
            "url": f"{self.url}/pay/{number}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": amount,
            "currency": params["line_items[0][price_data][currency]"],
            "metadata": _metadata(params),
            "intent_metadata": _metadata(params, "payment_intent_data[metadata]"),
            "title": params["line_items[0][price_data][product_data][name]"],
            "success_url": params["success_url"],
            "cancel_url": params["cancel_url"],
        }
        return self.sessions[number]

    def _expire(self, session: Body) -> Body:
        if session["status"] != "open":
            raise Refused("resource_not_open")
        session["status"] = "expired"
        return session

    def get_checkout(self, rest: list[str], params: Params) -> Body:
        session = self._find(self.sessions, rest[1])
        intent = self.intents.get(session["payment_intent"])
        return session | {
            "payment_intent": intent,
            "url": session["url"] if session["status"] == "open" else None,
        }

    def post_payment_intents(self, rest: list[str], params: Params) -> Body:
        if params["payment_method"] != "pm_good":
            raise Refused("card_declined", "card_error", 402)
        return self._make_intent(int(params["amount"]), params["currency"], _metadata(params), "succeeded")

    def get_payment_intents(self, rest: list[str], params: Params) -> Body:
        since, until = int(params["created[gte]"]), int(params["created[lte]"])
        return _list(
            "payment_intents", [i for i in self.intents.values() if since <= i["created"] <= until], params
        )

    def _make_intent(self, amount: int, currency: str, metadata: Params, status: str) -> Body:
        number = f"pi_{next(self.numbers)}"
        self.intents[number] = {
            "id": number,
            "object": "payment_intent",
            "status": status,
            "amount": amount,
            "currency": currency,
            "metadata": metadata,
            "created": int(time.time()),
        }
        return self.intents[number]

    def post_refunds(self, rest: list[str], params: Params) -> Body:
        intent = self._find(self.intents, params["payment_intent"])
        before = sum(each["amount"] for each in self._refunds_of(intent["id"]))
        if before + int(params["amount"]) > intent["amount"]:
            raise Refused("charge_already_refunded")
        number = f"re_{next(self.numbers)}"
        self.refunds[number] = {
            "id": number,
            "object": "refund",
            "status": "succeeded",
            "amount": int(params["amount"]),
            "payment_intent": intent["id"],
            "metadata": _metadata(params),
        }
        return self.refunds[number]

    def get_refunds(self, rest: list[str], params: Params) -> Body:
        return _list("refunds", self._refunds_of(params["payment_intent"]), params)

    def _refunds_of(self, intent: str) -> list[Body]:
        return [each for each in self.refunds.values() if each["payment_intent"] == intent]

    def _find(self, rows: dict[str, Body], number: str) -> Body:
        if number not in rows:
            raise Refused("resource_missing", status=404)
        return rows[number]


def _metadata(params: Params, name: str = "metadata") -> Params:
    start = f"{name}["
    return {key[len(start) : -1]: value for key, value in params.items() if key.startswith(start)}


def _list(path: str, rows: list[Body], params: Params) -> Body:
    """Two a page, newest first, so that whoever looks for one has to turn pages."""
    newest_first = rows[::-1]
    after = (
        [each["id"] for each in newest_first].index(params["starting_after"]) + 1
        if "starting_after" in params
        else 0
    )
    page = newest_first[after : after + 2]
    has_more = after + 2 < len(newest_first)
    return {"object": "list", "url": f"/v1/{path}", "data": page, "has_more": has_more}


def report(thing: Body, kind: str = "checkout.session.completed") -> bytes:
    event = {"id": "evt_1", "object": "event", "type": kind, "data": {"object": thing}}
    return json.dumps(event).encode()


def sign(body: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    stamp = int(at if at is not None else time.time())
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


class Handler(BaseHTTPRequestHandler):
    server_of: ClassVar[StripeServer]

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/pay/"):
            return self._show_checkout(address.path.removeprefix("/pay/"))
        return self._answer("GET", address.path, dict(parse_qsl(address.query)))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path.startswith("/pay/"):
            session = self.server_of.sessions[self.path.removeprefix("/pay/")]
            self.server_of.pay(session)
            return self._redirect(session["success_url"])
        return self._answer("POST", self.path, dict(parse_qsl(body)))

    def _show_checkout(self, number: str) -> None:
        session = self.server_of.sessions[number]
        head = "<title>Checkout</title><link rel=icon href=data:,>"
        back = f"<a href={session['cancel_url']}>Back</a>"
        page = f"{head}<h1>{session['title']}</h1><form method=post><button>Pay</button></form>{back}"
        self._send(200, page.encode(), "text/html")

    def _redirect(self, url: str) -> None:
        self.send_response(303)
        self.send_header("Location", url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, method: str, path: str, params: Params) -> None:
        fault = self.server_of.faults.pop(0) if self.server_of.faults else ""
        if fault == "down":
            return self._send(503, b'{"error": {"type": "api_error", "message": "down"}}')
        if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            return self._send(401, b'{"error": {"type": "invalid_request_error", "message": "no such key"}}')
        answer = self.server_of.answer_late if fault == "busy" else self.server_of.answer
        try:
            body = answer(method, path, params, self.headers.get("Idempotency-Key", ""))
        except Refused as refused:
            return self._send(refused.status, json.dumps(refused.body).encode())
        if fault == "lost":
            self.close_connection = True
            return None
        return self._send(200, json.dumps(body).encode(), seconds_a_byte=0.2 if fault == "slow" else 0)

    def _send(
        self, status: int, body: bytes, kind: str = "application/json", seconds_a_byte: float = 0
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for byte in body if seconds_a_byte else ():
                self.wfile.write(bytes([byte]))
                time.sleep(seconds_a_byte)
            if not seconds_a_byte:
                self.wfile.write(body)
        except OSError:
            self.close_connection = True  # they did not wait

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def running_stripe() -> Iterator[StripeServer]:
    stripe = StripeServer()
    handler = type("BoundHandler", (Handler,), {"server_of": stripe})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        httpd.daemon_threads = True
        threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
        stripe.url = f"http://127.0.0.1:{httpd.server_port}"
        yield stripe
        httpd.shutdown()


@pytest.fixture(scope="module")
def listening() -> Iterator[StripeServer]:
    with running_stripe() as server:
        yield server


@pytest.fixture
def stripe(listening: StripeServer, settings: Settings) -> StripeServer:
    """Money is taken there."""
    settings.PAYMENT_PROVIDER = "payments.providers.stripe.StripeProvider"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
    settings.STRIPE_API_BASE = listening.url
    listening.reset()
    return listening
