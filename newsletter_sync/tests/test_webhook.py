import json
import logging
from datetime import datetime, timezone
from http.client import HTTPConnection

from odoo.exceptions import AccessError
from odoo.tests import HOST, HttpCase

from ..controllers.webhook import MOST_BYTES
from ..models import newsletter_opt_out
from ..providers import base as contract
from ..providers import errors, webhooks
from .common import FakeClient, FakeService, NewsletterCommon

ANN, BOB, CID = ALL = [f"{name}@customers.test" for name in ("ann", "bob", "cid")]


class WebhookCommon(NewsletterCommon):
    def setUp(self):
        super().setUp()
        self.service = self.make_service("api")
        self.record = self.make_list()
        self.account.opt_outs = "note"
        self.work()

    def make_service(self, kind):
        support = contract.Support(batch_size=3, remove_size=2, webhooks=kind)
        return FakeService(support)

    def blacklisted(self):
        return sorted(self.env["mail.blacklist"].search([]).mapped("email"))


class TestOptOuts(WebhookCommon):
    """What is noted of opt-outs that a service tells of."""

    def tell(self, *rows, headers=None):
        body = json.dumps(rows).encode()
        status = self.account._listen(headers or {}, body)
        self.work()
        return status

    def test_the_service_is_told_the_address(self):
        [url] = self.service.webhooks
        self.assertEqual(url, self.account.webhook_url)
        self.assertEqual(self.account.webhook_key, "key")
        self.service.calls.clear()
        self.work()
        self.assertEqual(self.service.calls, [], "it is told once")
        self.account.opt_outs = "off"
        self.work()
        self.assertEqual(self.service.webhooks, {})
        self.assertFalse(self.account.webhook_token)

    def test_another_address_replaces_the_former(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("web.base.url", "https://odoo.test")
        self.env.invalidate_all()
        self.work()
        [url] = self.service.webhooks
        self.assertTrue(url.startswith("https://odoo.test/newsletter_sync/webhook/"))

    def test_another_key_has_the_address_told_again(self):
        self.service.webhooks.clear()
        self.account.api_key = "other"
        self.account._claim()
        self.work()
        self.assertEqual([*self.service.webhooks], [self.account.webhook_url])

    def test_a_failure_stops_no_list(self):
        self.account.opt_outs = "off"
        self.work()
        self.service.faults = [errors.AccountError("This key may not do that")]
        self.account.opt_outs = "note"
        self.ann.email = "moved@customers.test"
        self.work()
        self.assertEqual(self.account.state, "connected")
        self.assertIn("This key may not do that.", self.account.webhook_problem)
        self.assertIn("moved@customers.test", self.service.addresses())
        calls = self.service.count("add_webhook")
        self.work()
        self.assertEqual(self.service.count("add_webhook"), calls, "not in a loop")
        self.account.opt_outs = "blacklist"
        self.work()
        self.assertFalse(self.account.webhook_problem)

    def test_a_service_that_repeats_the_address_tells_no_secret(self):
        def refuse(client, url):
            raise errors.AccountError(client.http.redact(f"{url} is not allowed"))

        self.patch(FakeClient, "add_webhook", refuse)
        self.account.opt_outs = "off"
        self.work()
        self.account.opt_outs = "note"
        self.work()
        self.assertIn("is not allowed", self.account.webhook_problem)
        self.assertNotIn(self.account.webhook_token, self.account.webhook_problem)

    def test_a_service_that_people_set_up_is_told_nothing(self):
        self.service = self.make_service("hand")
        other = self.account.copy({"opt_outs": "note", "api_key": "x"})
        other._claim()
        with self.enter_registry_test_mode():
            other.cron_id.method_direct_trigger()
        self.assertEqual(self.service.webhooks, {})
        self.assertIn(other.webhook_token, other.webhook_url)

    def test_an_opt_out_is_noted_with_reason_and_date(self):
        at = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
        self.patch(
            type(self.account),
            "_listen",
            lambda account, headers, body: account.env["newsletter.opt.out"]._append(
                account, [webhooks.OptOut(ANN.upper(), at=at)]
            ),
        )
        self.tell()
        member = self.member(self.record, ANN)
        self.assertEqual((member.state, member.reason), ("excluded", "opt_out"))
        self.assertEqual(member.opt_out, "unsubscribed")
        self.assertEqual(str(member.opt_out_at), "2024-05-06 07:08:09")
        self.assertEqual(self.blacklisted(), [])

    def test_each_kind_is_noted(self):
        self.tell([ANN, "unsubscribed"], [BOB, "bounced"], [CID, "complained"])
        noted = [
            (member.opt_out, member.reason)
            for member in self.record.member_ids.sorted("email_normalized")
        ]
        self.assertEqual(
            noted,
            [
                ("unsubscribed", "opt_out"),
                ("bounced", "bouncing"),
                ("complained", "opt_out"),
            ],
        )
        self.record.action_sync_now()
        self.work()
        self.assertEqual(self.members(self.record, "excluded"), ALL)
        self.assertEqual(
            self.member(self.record, BOB).reason, "bouncing", "after a comparison"
        )

    def test_nobody_is_subscribed_again(self):
        self.tell([ANN])
        self.service.calls.clear()
        self.ann.phone = "1"
        self.record.action_sync_now()
        self.member(self.record, ANN).action_take_in()
        self.work()
        self.assertEqual(self.service.calls, [])
        self.assertEqual(self.member(self.record, ANN).state, "excluded")

    def test_who_was_left_out_by_hand_cannot_come_back_after_an_opt_out(self):
        self.member(self.record, ANN).action_leave_out()
        self.work()
        self.tell([ANN])
        self.assertEqual(self.member(self.record, ANN).opt_out, "unsubscribed")

    def test_an_opt_out_of_one_list_leaves_the_others(self):
        other = self.make_list([("id", "in", (self.ann + self.bob).ids)])
        self.tell([ANN, "unsubscribed", other.remote_id])
        self.assertEqual(self.members(other), [BOB])
        self.assertEqual(self.members(self.record), ALL)
        self.tell([BOB])
        self.assertEqual(self.members(other), [])
        self.assertEqual(self.members(self.record), [ANN, CID])

    def test_who_complains_is_taken_out_of_the_lists_that_did_not_notice(self):
        support = contract.Support(batch_size=3, remove_size=2, opt_outs="list")
        self.service.support = support
        other = self.make_list([("id", "in", (self.ann + self.bob).ids)])
        self.tell([ANN, "complained"])
        self.assertEqual(self.members(other, "excluded"), [ANN])
        self.assertEqual({*self.service.lists[other.remote_id]}, {BOB})
        self.assertEqual({*self.service.lists[self.record.remote_id]}, {BOB, CID})
        self.service.calls.clear()
        self.tell([ANN, "complained"])
        self.tell([BOB, "unsubscribed", other.remote_id])
        self.assertEqual(self.service.calls, [], "who left is left alone")

    def test_other_accounts_are_not_concerned(self):
        other = self.account.copy({"name": "Other", "api_key": "x"})
        self.env["newsletter.opt.out"].create(
            {
                "account_id": other.id,
                "email": ANN,
                "kind": "unsubscribed",
                "happened_at": "2024-01-01",
            }
        )
        self.work()
        self.assertEqual(self.members(self.record), ALL)

    def test_strangers_and_repeated_calls_change_nothing(self):
        self.account.opt_outs = "blacklist"
        for _call in range(2):
            self.tell([ANN], ["stranger@else.test"])
        self.assertEqual(self.blacklisted(), [ANN])
        entry = self.env["mail.blacklist"].search([])
        entry.action_archive()
        self.tell([ANN])
        self.assertEqual(self.blacklisted(), [], "who was taken off stays off")

    def test_the_blacklist_says_why(self):
        self.account.opt_outs = "blacklist"
        self.tell([ANN, "complained"])
        entry = self.env["mail.blacklist"].search([("email", "=", ANN)])
        self.assertIn(
            "Complained of spam at the service (Fake,",
            f"{entry.message_ids.mapped('body')}",
        )

    def test_the_daily_comparison_notes_bounces_if_that_is_wanted(self):
        self.service.bounced.add(ANN)
        self.account.opt_outs = "off"
        self.record.action_audit()
        self.work()
        self.assertFalse(self.member(self.record, ANN).opt_out)
        self.account.opt_outs = "blacklist"
        self.record.action_audit()
        self.work()
        self.assertEqual(self.member(self.record, ANN).opt_out, "bounced")
        self.assertEqual(self.blacklisted(), [ANN])

    def test_an_opt_out_while_the_address_is_being_sent(self):
        self.ann.phone = "1"
        self.service.on_call = lambda verb: verb == "upsert" and self.service_says(ANN)
        self.work()
        self.service.on_call = None
        self.work()
        self.assertEqual(self.member(self.record, ANN).state, "excluded")

    def service_says(self, email):
        self.account._listen({}, json.dumps([[email]]).encode())

    def test_a_flood_ends(self):
        self.patch(newsletter_opt_out, "MOST_WAITING", 1)
        body = json.dumps([[ANN], [BOB]]).encode()
        self.assertEqual(self.account._listen({}, body), 200)
        self.assertEqual(self.account._listen({}, body), 503)

    def test_nobody_but_system_administrators_sees_the_secret(self):
        self.assertTrue(self.account.webhook_token)
        for name in ("webhook_token", "webhook_url", "webhook_key", "webhook_told"):
            with self.assertRaises(AccessError):
                self.account.with_user(self.marketer).read([name])
        with self.assertRaises(AccessError):
            self.env["newsletter.opt.out"].with_user(self.marketer).search([])

    def test_a_copy_has_another_secret(self):
        copied = self.account.copy()
        self.assertEqual(copied.opt_outs, "note")
        self.assertNotEqual(copied.webhook_token, self.account.webhook_token)
        self.assertFalse(copied.webhook_key or copied.webhook_told)


class TestWebhook(WebhookCommon, HttpCase):
    """The address that services call."""

    def setUp(self):
        super().setUp()
        self.path = self.account.webhook_url.partition("/newsletter_sync")[2]
        self.path = f"/newsletter_sync{self.path}"

    def post(self, *rows, path=None, body=None, **headers):
        data = json.dumps(rows) if body is None else body
        return self.url_open(path or self.path, data=data, headers=headers)

    def test_a_call_is_noted_and_answered_at_once(self):
        self.service.calls.clear()
        answer = self.post([ANN])
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self.service.calls, [])
        self.assertEqual(self.members(self.record), ALL, "the worker notes it")
        self.work()
        self.assertEqual(self.members(self.record), [BOB, CID])

    def test_a_form_arrives_as_it_was_sent(self):
        bodies = []
        self.patch(
            type(self.account),
            "_listen",
            lambda account, headers, body: bodies.append(body) or 200,
        )
        self.post(
            body="b=2&a=%31", **{"Content-Type": "application/x-www-form-urlencoded"}
        )
        self.assertEqual(bodies, [b"b=2&a=%31"])

    def test_services_may_ask_whether_somebody_listens(self):
        self.assertEqual(self.url_open(self.path).status_code, 200)

    def test_who_does_not_know_the_secret_learns_nothing(self):
        token = self.account.webhook_token
        self.account.copy({"name": "Off", "opt_outs": "off"})
        paths = [
            self.path.replace(token, "other"),
            self.path.replace(token, token[:-1]),
            self.path.replace(f"/{self.account.id}/", "/999999/"),
            self.path.replace(f"/{self.account.id}/", f"/{10**20}/"),
            self.path.replace(token, "%D0%B0"),
        ]
        for path in paths:
            for answer in (self.post([ANN], path=path), self.url_open(path)):
                self.assertEqual((answer.status_code, answer.content), (404, b""))
        self.assertFalse(self.env["newsletter.opt.out"].search([]))

    def test_an_account_that_wants_no_opt_outs_is_not_there(self):
        self.account.opt_outs = "off"
        self.assertEqual(self.post([ANN]).status_code, 404)

    def test_what_is_wrong_is_refused(self):
        self.assertEqual(self.post([ANN], Signature="wrong").status_code, 403)
        self.assertEqual(self.post(body="{").status_code, 400)
        self.assertFalse(self.env["newsletter.opt.out"].search([]))

    def test_a_flood_is_refused_before_it_is_read(self):
        connection = HTTPConnection(HOST, self.http_port(), timeout=30)
        self.addCleanup(connection.close)
        with self.allow_requests(all_requests=True):
            connection.putrequest("POST", self.path)
            connection.putheader("Content-Length", str(MOST_BYTES + 1))
            connection.endheaders()
            self.assertEqual(connection.getresponse().status, 413)

    def test_the_secret_is_in_no_log(self):
        token = self.account.webhook_token
        with self.assertLogs("werkzeug", logging.INFO) as log:
            self.post([ANN])
            logging.getLogger("werkzeug").info('"%s" 200', f"POST {self.path} HTTP/1.1")
        self.assertNotIn(token, str(log.output))
        self.assertIn("/newsletter_sync/webhook/", str(log.output))
