from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import content_disposition, request


class IncomingMailController(http.Controller):
    @http.route(
        "/mail_task_rules/incoming/<int:incoming_id>.eml", auth="user", readonly=True
    )
    def original(self, incoming_id):
        """Hand out the original of a mail to whoever may read its record."""
        incoming = request.env["mail.task.incoming"].browse(incoming_id)
        try:
            incoming.check_access("read")
            raw = incoming._get_raw() if incoming.has_original else None
        except (AccessError, MissingError):
            raw = None
        if raw is None:
            raise request.not_found()
        headers = [
            ("Content-Type", "message/rfc822"),
            ("Content-Disposition", content_disposition(f"{incoming_id}.eml")),
            # The content is a stranger's: no browser shall run it as ours.
            ("X-Content-Type-Options", "nosniff"),
        ]
        return request.make_response(raw, headers)
