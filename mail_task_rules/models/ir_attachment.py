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
