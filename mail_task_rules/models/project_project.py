from odoo import models

from odoo.addons.mail.models.mail_alias_mixin_optional import MailAliasMixinOptional


class ProjectProject(models.Model):
    _inherit = "project.project"

    # What project managers set in the project; the alias itself is not theirs.
    ALIAS_WRITEABLE_FIELDS = [
        *MailAliasMixinOptional.ALIAS_WRITEABLE_FIELDS,
        "alias_default_action",
        "alias_follower_ids",
        "alias_template_task_id",
        "alias_unknown_sender",
    ]
