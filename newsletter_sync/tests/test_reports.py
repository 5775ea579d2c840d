from lxml import etree

from .common import NewsletterCommon


class TestReports(NewsletterCommon):
    """How far the lists are, and how long it took."""

    def test_latency_is_a_graph_and_a_pivot(self):
        """With the measures of its views, as the owner of the list."""
        record = self.make_list()
        batches = self.env["newsletter.batch"].with_user(self.marketer)
        views = batches.get_views([(False, "graph"), (False, "pivot")])["views"]
        for kind, grouped in (
            ("graph", ["sent_at:hour", "account_id"]),
            ("pivot", ["account_id", "operation"]),
        ):
            view = etree.fromstring(views[kind]["arch"])
            names = view.xpath("//field[@type='measure']/@name")
            self.assertIn("latency_p95", names)
            measures = [f"{n}:{batches._fields[n].aggregator}" for n in names]
            domain = [("list_id", "=", record.id), ("operation", "=", "push")]
            [row] = batches.formatted_read_group(domain, grouped, measures)
            self.assertGreaterEqual(row["latency_p95:max"], 0)

    def test_the_owner_is_told_of_the_progress(self):
        told = []
        self.patch(
            type(self.env["res.users"]),
            "_bus_send",
            lambda user, name, message, **kwargs: told.append((user, name, message)),
        )
        record = self.make_list()
        message = {"list_id": record.id}
        self.assertIn((self.marketer, "newsletter_sync/progress", message), told)
