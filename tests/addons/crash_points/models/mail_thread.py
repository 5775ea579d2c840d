from odoo import api, models

from odoo.addons.mail_task_rules.engine.run import current_run

from tests import fuses


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_process(self, model, message, *args, **kwargs):
        raw = getattr(message, "data", message)
        own_fuses = fuses.of_this_process()
        cr = self.env.cr
        # Hooks run in turn: one before those of the addon under test, one after.
        cr.postcommit.add(lambda: own_fuses.burn(fuses.COMMITTED, raw))
        result = super().message_process(model, message, *args, **kwargs)
        own_fuses.burn(fuses.WORKED, raw, cr)
        cr.precommit.add(lambda: own_fuses.burn(fuses.COMMIT, raw, cr))
        cr.postcommit.add(lambda: own_fuses.burn(fuses.CLOSED, raw))
        return result

    @api.model
    def message_parse(self, message, save_original=False):
        _reach(fuses.PARSE)
        result = super().message_parse(message, save_original=save_original)
        _reach(fuses.FACTS)
        return result

    @api.model
    def message_route(self, message, message_dict, *args, **kwargs):
        _reach(fuses.ADDRESS)
        routes = super().message_route(message, message_dict, *args, **kwargs)
        _reach(fuses.ROUTE)
        return routes

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        result = super()._message_route_process(message, message_dict, routes)
        _reach(fuses.APPLY, self.env.cr)
        return result


def _reach(point, cr=None):
    fuses.of_this_process().burn(point, current_run().raw, cr)
