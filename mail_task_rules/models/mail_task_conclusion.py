from odoo import models

from ..engine.run import Conclusion


class MailTaskConclusion(models.AbstractModel):
    """What the ledger says of a mail whose processing raised nothing."""

    _name = "mail.task.conclusion"
    _description = "Conclusion of an Incoming E-mail"

    def _conclude(self, run):
        """Return the ``Conclusion`` of a run that raised nothing."""
        conclusion = self._conclude_state(run)
        words = self.env["mail.task.guard"]._explain(run)
        doubts = self._explain_doubts(run)
        sentences = [conclusion.reason, doubts, words, *run.problems]
        conclusion.reason = " ".join(filter(None, sentences))
        return conclusion

    def _explain_doubts(self, run):
        if not run.facts or run.facts.is_trusted:
            return ""
        return self.env._("Nothing proves who wrote it: nobody is its author.")

    def _conclude_state(self, run):
        if run.results:
            return self._conclude_results(run)
        if run.joined:
            return Conclusion("duplicate", self._explain_joined(run))
        if run.noted:
            return run.noted
        if run.routed:
            return Conclusion(
                "rejected", self.env._("The address does not accept mail from there.")
            )
        return Conclusion(
            "duplicate",
            self.env._("Odoo already has a message with the same Message-ID."),
        )

    def _conclude_results(self, run):
        task = self.env["project.task"].sudo().browse(run.task_id())
        if not task:
            model = self.env["ir.model"]._get(run.results[0].model).display_name
            return Conclusion("delivered", self.env._("Delivered to: %s.", model))
        if any(result.created and result.res_id == task.id for result in run.results):
            return Conclusion("task", self._explain_task(run, task))
        return Conclusion("reply", self.env._("A reply on “%s”.", task.display_name))

    def _explain_joined(self, run):
        task = self.env["project.task"].sudo().browse(run.task_id())
        return self.env._(
            "A copy of the mail that became “%s”: whom it was sent to joined the task.",
            task.display_name,
        )

    def _explain_task(self, run, task):
        project = task.project_id.display_name or self.env._("no project")
        rules = [rule.name for decision in run.decisions for rule in decision.rules]
        if rules:
            return self.env._(
                "A task in %(project)s by rule %(rules)s.",
                project=project,
                rules=self.env["mail.task.rule"]._quote(dict.fromkeys(rules)),
            )
        return self.env._("A task in %s by its address; no rule matched.", project)
