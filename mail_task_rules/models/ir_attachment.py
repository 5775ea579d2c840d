from pathlib import Path

from odoo import api, models


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    @api.model
    def _get_path(self, bin_data, sha):
        """Remove what a full disk or a killed process left of this very file.

        Core takes it for another file with the same checksum, and the mail that it
        belongs to could never be kept.
        """
        path = Path(self._full_path(f"{sha[:2]}/{sha}"))
        if path.is_file() and path.stat().st_size < len(bin_data):
            if bin_data.startswith(path.read_bytes()):
                path.unlink()
        return super()._get_path(bin_data, sha)

    def _post_add_create(self, **kwargs):
        """Note the files that somebody adds to a task without a word."""
        result = super()._post_add_create(**kwargs)
        for file in self.filtered(lambda file: file.res_model == "project.task"):
            task = self.env["project.task"].browse(file.res_id)
            self.env["mail.task.notification.event"]._note("attachment", task)
        return result
