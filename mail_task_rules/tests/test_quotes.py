from datetime import timedelta

from odoo import fields

from .common import MailTaskCommon

PLAIN = """The answer.

On 2 March 2026, Ann <ann@corp.test> wrote:
> The question.
"""
HTML = """<p>The answer.</p><div class="gmail_quote">On 2 March 2026, Ann wrote:
<blockquote class="gmail_quote">The question.</blockquote></div>"""


class TestQuotes(MailTaskCommon):
    def deliver_reply(self, text, html=False, **headers):
        first = f"<first-{html}@acme.test>"
        task = self.deliver(self.make_mail(message_id=first)).task_id
        mail = self.make_mail(text=text, In_Reply_To=first, **headers)
        if html:
            mail = mail.replace(b"text/plain", b"text/html")
        incoming = self.deliver(mail)
        self.assertEqual(incoming.task_id, task)
        return incoming

    def get_reply(self, incoming):
        return str(incoming.task_id.message_ids[0].body)

    def test_replies_stay_whole_unless_asked(self):
        incoming = self.deliver_reply(PLAIN)
        self.assertIn("The question.", self.get_reply(incoming))
        self.assertFalse(incoming.is_cut)

    def test_quotes_are_cut_from_replies(self):
        self.env.company.mail_task_cut_replies = True
        for text, html in ((PLAIN, False), (HTML, True)):
            with self.subTest(html=html):
                incoming = self.deliver_reply(text, html)
                self.assertIn("The answer.", self.get_reply(incoming))
                self.assertNotIn("The question.", self.get_reply(incoming))
                self.assertTrue(incoming.is_cut)
                self.assertIn(b"The question.", incoming._get_raw())
                incoming.task_id.unlink()

    def test_original_of_a_cut_reply_stays_with_its_task(self):
        self.env.company.mail_task_cut_replies = True
        cut, whole = self.deliver_reply(PLAIN), self.deliver()
        long_ago = fields.Datetime.now() - timedelta(days=400)
        for mail in (cut, whole):
            mail._write({"create_date": long_ago})
        self.env["mail.task.incoming"]._gc_old_mails()
        self.assertEqual((cut | whole).exists(), cut)

    def test_forwarded_mail_is_no_quote(self):
        self.env.company.mail_task_cut_replies = True
        incoming = self.deliver_reply(PLAIN, subject="Fwd: see below")
        self.assertIn("The question.", self.get_reply(incoming))

    def test_quotes_are_cut_from_descriptions(self):
        self.env.company.mail_task_cut_description = True
        task = self.deliver(self.make_mail(text=PLAIN)).task_id
        self.assertIn("The answer.", task.description)
        self.assertNotIn("The question.", task.description)
        whole = "".join(task.message_ids.mapped("body"))
        self.assertIn("The question.", whole)
