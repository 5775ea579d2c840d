from odoo import api, fields, models


class MailTaskSentence(models.AbstractModel):
    """A rule in words, so that nobody has to read a form to know what it does."""

    _name = "mail.task.sentence"
    _description = "Rules for Incoming E-mails in Words"

    condition_text = fields.Char("If a Mail", compute="_compute_texts")
    action_text = fields.Char("Then", compute="_compute_texts")
    sentence = fields.Char(compute="_compute_texts")

    @api.depends(
        "scope",
        "alias_ids.display_name",
        "project_ids.display_name",
        "department_ids.display_name",
        "employee_ids.display_name",
        "applies_to",
        "sender_policy",
        "unknown_sender",
        "sender_domains",
        "keyword",
        "keyword_in",
        "keyword_mode",
        "domain",
        "extraction_ids.name",
        "extraction_ids.required",
        "extraction_ids.repeat",
        "value_ids",
        "match_any",
        "action",
        "project_id.display_name",
        "stage_id.display_name",
        "category_id.display_name",
        "tag_ids.display_name",
        "priority",
        "user_ids.display_name",
        "assign_mode",
        "template_task_id.display_name",
        "deadline_days",
        "deadline_working",
        "append_field_id",
        "message_kind",
        "closed_policy",
        "auto_reply_template_id.name",
        "forward_to",
        "stop",
    )
    def _compute_texts(self):
        for rule in self:
            rule.condition_text = self._enumerate(rule._get_condition_texts())
            actions = rule._get_action_texts()
            rule.action_text = self._enumerate(actions)
            rule.sentence = self.env._(
                "If %(subject)s %(conditions)s, then %(actions)s.",
                subject=rule._get_subject_text(),
                conditions=rule.condition_text or self.env._("… (no condition yet)"),
                actions=self._enumerate([*actions, rule._get_stop_text()]),
            )

    @api.model
    def _enumerate(self, texts):
        """Return “a, b and c”."""
        if len(texts) < 2:
            return "".join(texts)
        return self.env._(
            "%(first)s and %(last)s", first=", ".join(texts[:-1]), last=texts[-1]
        )

    @api.model
    def _quote(self, texts):
        """Return “a”, “b”."""
        return ", ".join(self.env._("“%s”", text) for text in texts)

    def _get_subject_text(self):
        subjects = {
            "new": self.env._("a new mail"),
            "reply": self.env._("a reply"),
            "both": self.env._("a mail"),
        }
        return subjects[self.applies_to]

    def _get_condition_texts(self):
        """Return the conditions as they go on after “If a mail …”."""
        texts = [
            self._get_scope_text(),
            self._get_sender_text(),
            self.sender_domains and self.env._("is from %s", self.sender_domains),
            self.keyword and self._get_keyword_text(),
            *self._get_domain_texts(),
            *self._get_extraction_texts(),
        ]
        texts = [text for text in texts if text]
        if self.match_any and not texts:
            return [self.env._("arrives, whatever it is")]
        return texts

    def _get_scope_text(self):
        # sudo: the names of what a rule is for are part of the rule
        records = self.sudo()._get_scope_records()
        names = ", ".join(records.mapped("display_name"))
        if not names:
            return ""
        texts = {
            "alias": self.env._("comes to %s", names),
            "project": self.env._("comes to project %s", names),
            "department": self.env._("comes to somebody in %s", names),
            "employee": self.env._("comes to the address of %s", names),
            "server": self.env._("is fetched from %s", names),
        }
        return texts[self.scope]

    def _get_sender_text(self):
        texts = {
            "known": self.env._("is from somebody we know"),
            "internal": self.env._("is from a colleague"),
            "project": self.env._("is from somebody who may create tasks there"),
        }
        if self.sender_policy == "anyone" and self.unknown_sender == "skip":
            return texts["known"]
        return texts.get(self.sender_policy, "")

    def _get_keyword_text(self):
        places = dict(self._fields["keyword_in"]._description_selection(self.env))
        values = {"keyword": self.keyword, "place": places[self.keyword_in]}
        if self.keyword_mode == "words":
            return self.env._("has the words “%(keyword)s” in %(place)s", **values)
        if self.keyword_mode == "regex":
            return self.env._("has a match of “%(keyword)s” in %(place)s", **values)
        return self.env._("has “%(keyword)s” in %(place)s", **values)

    def _get_domain_texts(self):
        try:
            domain = self._get_domain()
        except Exception:
            # being typed; saving it tells what is wrong
            return []
        count = len(list(domain.iter_conditions()))
        if not count:
            return []
        if count == 1:
            return [self.env._("fulfils one further condition")]
        return [self.env._("fulfils %s further conditions", count)]

    def _get_extraction_texts(self):
        required = self.extraction_ids.filtered("required")
        return [
            self.env._("has the text “%s”", extraction.name or "…")
            for extraction in required
        ]

    # ------------------------------------------------------------------
    # Then
    # ------------------------------------------------------------------

    def _get_action_texts(self):
        """Return what the rule does as it goes on after “then …”."""
        return getattr(self, f"_get_{self.action}_texts")()

    def _get_stop_text(self):
        return self.env._("stop") if self.stop else self.env._("go on")

    def _get_task_texts(self):
        return [
            self._get_create_text(),
            *self._get_reply_texts(),
            *self._get_value_texts(),
            *self._get_answer_texts(),
        ]

    def _get_reply_texts(self):
        if self.applies_to == "new":
            return []
        texts = []
        if self.message_kind == "note":
            texts.append(self.env._("add a reply as an internal note"))
        if self.closed_policy == "reopen":
            texts.append(self.env._("reopen a closed task"))
        elif self.closed_policy == "new_linked":
            texts.append(self.env._("go on from a closed task in a new one"))
        return texts

    def _get_answer_texts(self):
        name = self.auto_reply_template_id.name
        return [self.env._("answer with “%s”", name)] if name else []

    def _get_create_text(self):
        if self.applies_to == "reply":
            return self.env._("update the task")
        project = self.project_id.display_name
        if not project:
            return self.env._("create a task")
        return self.env._("create a task in %s", project)

    def _get_value_texts(self):
        texts = [
            (self.template_task_id, self.env._("like the template %s")),
            (self.stage_id, self.env._("in stage %s")),
            (self.category_id, self.env._("of category %s")),
            (self.tag_ids, self.env._("tag it %s")),
            (self.user_ids, self._get_assign_pattern()),
        ]
        found = [
            pattern % ", ".join(records.mapped("display_name"))
            for records, pattern in texts
            if records
        ]
        if self.priority and self.priority != "0":
            labels = dict(self._fields["priority"]._description_selection(self.env))
            found.append(self.env._("with priority “%s”", labels[self.priority]))
        if self.deadline_days:
            found.append(self._get_deadline_text())
        return found + self._get_extracted_texts()

    def _get_extracted_texts(self):
        """Return what is taken out of the mail into the task."""
        repeated = self.extraction_ids.filtered(lambda e: e.repeat == "all")
        labels = [
            value._get_label()
            for value in self.value_ids
            if value.extraction_id not in repeated
        ]
        texts = []
        if labels:
            texts.append(self.env._("set %s", ", ".join(labels)))
        if repeated:
            names = ", ".join(extraction.name or "…" for extraction in repeated)
            texts.append(self.env._("make a subtask for each %s", names))
        return texts

    def _get_assign_pattern(self):
        patterns = {
            "replace": self.env._("assign it to %s"),
            "keep": self.env._("assign it to %s too"),
            "round_robin": self.env._("assign it in turn to %s"),
            "least_loaded": self.env._("assign it to who has least to do of %s"),
        }
        return patterns[self.assign_mode]

    def _get_deadline_text(self):
        if self.deadline_working:
            return self.env._("due in %s working days", self.deadline_days)
        return self.env._("due in %s days", self.deadline_days)

    def _get_append_texts(self):
        return [
            self.env._(
                "add it to the task whose %s is found in it",
                self.append_field_id.field_description or "…",
            ),
            *self._get_reply_texts(),
            *self._get_value_texts(),
            *self._get_answer_texts(),
        ]

    def _get_ignore_texts(self):
        return [self.env._("ignore it")]

    def _get_quarantine_texts(self):
        return [self.env._("quarantine it")]

    def _get_reject_texts(self):
        return [self.env._("reject it with an answer")]

    def _get_forward_texts(self):
        return [self.env._("forward it to %s", self.forward_to or "…")]
