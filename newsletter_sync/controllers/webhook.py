import logging
import re

from odoo import http
from odoo.http import request

from ..models.newsletter_webhook import PATH

# More than a service sends in one call.
MOST_BYTES = 1_000_000
TOKEN = re.compile(rf"({PATH}/\d+/)[^\s\"?]+")


class HideToken(logging.Filter):
    """Keeps the tokens of webhooks out of the log of requests."""

    def filter(self, record):
        record.msg = TOKEN.sub(r"\1***", str(record.msg))
        if isinstance(record.args, tuple):
            record.args = tuple(map(_hide, record.args))
        return True


def _hide(value):
    return TOKEN.sub(r"\1***", value) if isinstance(value, str) else value


logging.getLogger("werkzeug").addFilter(HideToken())


class RawDispatcher(http.HttpDispatcher):
    """Leaves the body as it came, also a form: signatures are about its bytes."""

    routing_type = "newsletter_raw"

    def dispatch(self, endpoint, args):
        self.request.params = args
        return self.request.registry["ir.http"]._dispatch(endpoint)


class NewsletterWebhook(http.Controller):
    @http.route(
        f"{PATH}/<int:account_id>/<string:token>",
        type="newsletter_raw",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=MOST_BYTES,
    )
    def listen(self, account_id, token):
        """Note what a service tells. Who does not know the token learns nothing; by a
        GET services ask whether somebody listens.
        """
        # sudo: the token is the right, and compared before anything else
        account = request.env["newsletter.account"].sudo().browse(account_id)
        if not account._is_webhook_token(token):
            return request.make_response("", status=404)
        status = 200
        if request.httprequest.method == "POST":
            body = request.httprequest.get_data()
            status = account._listen(request.httprequest.headers, body)
        return request.make_response("", status=status)
