import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.quoted import cut_text, is_forward
from odoo.addons.mail_task_rules.engine.quoted_html import cut_html
from odoo.addons.mail_task_rules.engine.text import html_to_text

from ..requirements import shared
from . import samples
from .growth import grows_with_text


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        # the answer above, as most programs do it
        ("Yes.\n\nOn 2 March 2026, Ann <ann@a.test> wrote:\n> Shall I?\n>\n", "Yes."),
        (
            "Yes.\nOn 2 Mar 2026 at 07:41, Ann\n<ann4@a.test> wrote:\n\n> Eh?",
            "Yes.",
        ),
        ("Ja.\nAm 02.03.2026 um 07:41 schrieb Ines Müller:\n> Und?", "Ja."),
        ("Oui.\nLe 2 mars 2026 à 07:41, Ann <a@a.test> a écrit :\n> Et ?", "Oui."),
        ("Да.\n\nпн, 2 мар. 2026 г. в 07:41, Иван <i@a.test>:\n\n> Как?", "Да."),
        ("Да.\n2 марта 2026, 07:41, Иван написал:\n> Как?", "Да."),
        ("Yes.\n> Shall I?", "Yes."),
        # programs that do not mark the lines
        ("Ja.\n\nAm 02.03.2026 um 07:41 schrieb Ines:\nUnd?\nInes", "Ja."),
        ("Yes.\n\n-----Original Message-----\nFrom: Ann\nShall I?", "Yes."),
        ("Ja.\n-----Ursprüngliche Nachricht-----\nUnd?", "Ja."),
        (
            "Gut.\n\nVon: Ann <a@a.test>\nGesendet: Montag, 2. März 2026\n"
            "An: Bob\nBetreff: Frage\n\nUnd?",
            "Gut.",
        ),
        (
            "Хорошо.\n\n*От:* Иван\n*Отправлено:* 2 марта\n*Кому:* Пётр\n"
            "*Тема:* x\n\nИ?",
            "Хорошо.",
        ),
        # the answer below
        ("On 2 March 2026, Ann wrote:\n> Shall I?\n\nYes.\n-- \nBob", "Yes."),
        # answers between the quotes make no sense without these
        (
            "Ann wrote on 2 March:\n> One?\nYes.\n> Two?\nNo.\n> Regards\n> Ann\n",
            "Ann wrote on 2 March:\n> One?\nYes.\n> Two?\nNo.",
        ),
        # signatures
        ("Call me.\n-- \nAnn\nAcme", "Call me."),
        ("Call me.\n--\nAnn", "Call me."),
        ("Yes.\n-- \nBob\n\nOn 2 March 2026, Ann wrote:\n> Shall I?", "Yes."),
        # what is no quote and no signature
        ("Name: Ann\nDate: 2 March\nMessage:\nHello", None),
        ("From: Ann\nSubject: Hi\nMessage:\nHello", None),
        ("Peter wrote:\nplease pay", None),
        ("a\n---\nb", None),
        ("x -- y", None),
        ("First:\n- one\n- two\n\nThanks,\nAnn", None),
        ("if a > b:\n  stop", None),
        # nothing else in it
        ("> only a quote", None),
        ("-- \nAnn", None),
        ("On 2 March 2026, Ann <ann@a.test> wrote:\nShall I?", None),
        ("", None),
        (" \n", None),
    ],
)
def test_rest_of_a_text(text, rest):
    assert cut_text(text) == (text if rest is None else rest)


@pytest.mark.parametrize(
    ("html", "rest"),
    [
        # Gmail
        (
            '<div>Yes.</div><br><div class="gmail_quote"><div class="gmail_attr">'
            "On 2 March Ann wrote:<br></div><blockquote>Shall I?</blockquote></div>",
            "Yes.",
        ),
        (
            '<div>Yes.</div><div class="gmail_quote">On 2 March Ann wrote: Eh?</div>',
            "Yes.",
        ),
        # Apple Mail
        (
            "<div>Yes.</div><div>On 2 Mar 2026, Ann &lt;a@a.test&gt; wrote:</div>"
            '<br><blockquote type="cite"><div>Shall I?</div></blockquote>',
            "Yes.",
        ),
        # Thunderbird, the answer below
        (
            '<body><div class="moz-cite-prefix">Am 02.03.26 schrieb Ann:</div>'
            '<blockquote type="cite">Und?</blockquote><p>Ja.</p>'
            '<pre class="moz-signature">-- \nBob</pre></body>',
            "Ja.",
        ),
        # Outlook, on the web and on the desktop
        (
            '<div>Yes.</div><hr><div id="divRplyFwdMsg">From: Ann</div><div>Eh?</div>',
            "Yes.",
        ),
        (
            "<div><p>Yes.</p><div><div style='border:none;border-top:solid #E1E1E1 "
            "1.0pt;padding:3.0pt 0in 0in 0in'><p><b>From:</b> Ann</p></div></div>"
            "<p>Shall I?</p></div><p>More of it</p>",
            "Yes.",
        ),
        ('Yes.<div class="yahoo_quoted">Ann: Shall I?</div>', "Yes."),
        # answers in between
        (
            "<blockquote type=cite>One?</blockquote>Yes."
            "<blockquote type=cite>Two?</blockquote>No."
            "<blockquote type=cite>Regards</blockquote>",
            "One?\nYes.\nTwo?\nNo.",
        ),
        # signatures
        ("<p>Call me.</p><div>-- <br>Ann</div><p>Acme</p>", "Call me."),
        ("Call me.<br>-- <br>Ann", "Call me."),
        ('Call me.<div class="gmail_signature">Ann</div>', "Call me."),
        ('Call me.<div id="Signature">Ann</div>', "Call me."),
        # the author's own
        ("<p>As they say:</p><blockquote>Pay!</blockquote>", None),
        ("<p>a -- b</p>", None),
        ("no <tags", None),
        # nothing else in it
        ("<blockquote type=cite>Shall I?</blockquote>", None),
        ('<div class="gmail_signature">Ann</div>', None),
        ("", None),
    ],
)
def test_rest_of_html(html, rest):
    cut = cut_html(html)
    if rest is None:
        assert cut == html
    else:
        assert html_to_text(cut) == rest


def test_what_is_left_of_html_keeps_its_form():
    html = '<p>1 &lt; 2 <b>ok</b></p><blockquote type="cite">old</blockquote>'
    assert cut_html(html) == "<p>1 &lt; 2 <b>ok</b></p>"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Fwd: order", True),
        ("FW: order", True),
        ("WG: Bestellung", True),
        ("Re: order", False),
        ("Forward planning", False),
        ("", False),
    ],
)
def test_forward_is_known_by_its_subject(subject, expected):
    assert is_forward(subject) == expected


@pytest.mark.parametrize(
    ("path", "gone", "kept"),
    [
        (
            "redmine/test_fixtures_mail_handler_issue_update_with_quoted_reply_above.eml",
            "> ",
            "An update to the issue by the sender.",
        ),
        (
            "redmine/test_fixtures_mail_handler_"
            "issue_update_with_multiple_quoted_reply_above.eml",
            ">> >",
            "An update to the issue by the sender.",
        ),
    ],
)
def test_rest_of_a_reply_of_the_corpus(path, gone, kept):
    facts = samples.facts_of(shared("mail-corpus", path).read_bytes())
    rest = cut_text(facts.body)
    assert gone in facts.body
    assert gone not in rest
    assert kept in rest


@pytest.mark.parametrize("folder", ["mikel-mail", "redmine"])
def test_no_mail_of_the_corpus_loses_all(folder):
    for path in sorted(shared("mail-corpus", folder).glob("*.eml")):
        facts = samples.facts_of(path.read_bytes())
        assert bool(cut_text(facts.body)) == bool(facts.body)
        assert bool(html_to_text(cut_html(facts.html))) == bool(
            html_to_text(facts.html)
        )


LINES = st.lists(
    st.sampled_from(
        ["", "> a", "b", "On 2 May Ann wrote:", "-- ", "From: x", "Sent: 1", "To: y"]
        + ["Subject: z", "-----Original Message-----", "a@b.test 2:"]
    )
).map("\n".join)


@given(LINES | st.text())
def test_text_is_never_lost(text):
    rest = cut_text(text)
    assert bool(rest.strip()) == bool(text.strip())
    # nothing is invented
    assert set(rest.splitlines()) <= {line.strip() for line in text.splitlines()} | set(
        text.splitlines()
    )


TAGS = st.lists(
    st.sampled_from(
        "a -- <br> <blockquote> </blockquote> <blockquote~type=cite> </div> <div> "
        "<div~class=gmail_quote> <div~class=gmail_signature> <div~id=divRplyFwdMsg> "
        "<td> On~2~May~Ann~wrote: <body> </body> <table> </table> <!-- -->".split()
    )
).map(lambda tags: "".join(tags).replace("~", " "))


@given(TAGS | st.text())
def test_html_is_never_lost(html):
    rest = cut_html(html)
    assert bool(html_to_text(rest)) == bool(html_to_text(html))


BOMBS = {
    "blank": "\n",
    "quotes": "> a\n\n",
    "quotes with introductions": "a 2@:\n\n> b\n",
    "headers": "From: a\n",
    "introductions": "On 2 wrote ",
    "dashes": "-",
    "signatures": "-- \n> \n",
    "blockquotes": "<blockquote type=cite>",
    "answers": "<blockquote type=cite>a</blockquote>b",
    "containers": "<div class=gmail_quote><br>",
    "starts": "<div id=appendonsend>",
    "breaks": "<br>-",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("cut", [cut_text, cut_html])
def test_time_grows_with_the_text_and_not_with_its_square(cut, bomb):
    assert grows_with_text(cut, BOMBS[bomb], 3_000)
