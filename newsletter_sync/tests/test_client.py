from odoo.tests import HttpCase, tagged

from odoo.addons.web.tests import test_js

from .common import NewsletterCommon


@tagged("post_install", "-at_install")
class TestClient(test_js.HOOTCommon):
    """Our unit tests of the web client."""

    # Set by Odoo's test runner, which pytest is not
    _test_params = ()

    def test_hoot(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
            f"&id={self._generate_hash('@newsletter_sync')}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=test_js.unit_test_error_checker,
        )


@tagged("post_install", "-at_install")
class TestTour(HttpCase, NewsletterCommon):
    """From a search in the contacts to a connected list."""

    def test_a_search_becomes_a_list(self):
        self.tag.name = "Friends of the house"
        (self.ann + self.bob + self.cid).category_id = False
        self.make_contacts("friend-1", "friend-2")
        self.start_tour(
            "/odoo/contacts", "newsletter_sync_mirror_search", login="marketer"
        )
        record = self.env["newsletter.list"].search([("name", "=", "Friends – Mara")])
        self.assertEqual(record.state, "connecting")
        self.work()
        self.assertEqual(
            self.service.addresses("Friends – Mara"),
            ["friend-1@customers.test", "friend-2@customers.test"],
        )
        self.start_tour(
            "/odoo/newsletter-lists", "newsletter_sync_see_list", login="marketer"
        )
