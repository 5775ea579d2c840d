from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine.commands import (
    COMMANDS_LIMIT,
    Command,
    cut_commands,
    render_commands,
)
from odoo.addons.mail_task_rules.engine.commands_html import cut_html_commands
from odoo.addons.mail_task_rules.engine.text import html_to_text

from .growth import grows_with_text

NAMES = {"stage": "stage_id", "due date": "date_deadline", "срок": "date_deadline"}


def cut(text):
    commands, rest = cut_commands(text, NAMES)
    return [(command.key, command.value) for command in commands], rest


def cut_html(html):
    commands, rest = cut_html_commands(html, NAMES)
    return [(command.key, command.value) for command in commands], rest


DONE = ("stage_id", "Done")
LATER = ("date_deadline", "2026-12-24")


@pytest.mark.parametrize(
    ("text", "commands", "rest"),
    [
        ("Stage: Done", [DONE], ""),
        ("Stage: Done\nHello", [DONE], "Hello"),
        ("\n \nStage: Done\n\nHello\nAnn", [DONE], "Hello\nAnn"),
        ("Stage: Done\r\nDue date: 2026-12-24\r\n\r\nHi", [DONE, LATER], "Hi"),
        ("STAGE :Done\nduE  dAte:2026-12-24\n", [DONE, LATER], ""),
        ("Срок: 2026-12-24\nПривет", [LATER], "Привет"),
        ("Stage： Done", [DONE], ""),
        ("*Stage:* Done\n**Due date**: 2026-12-24", [DONE, LATER], ""),
        ("Stage: Done: really", [("stage_id", "Done: really")], ""),
        # an unknown name is told, and stays
        (
            "Stage: Done\nNote: call Bob\nHi",
            [DONE, ("", "call Bob")],
            "Note: call Bob\nHi",
        ),
        (
            "Stage: Done\nNote: x\nDue date: 2026-12-24",
            [DONE, ("", "x"), LATER],
            "Note: x",
        ),
        # after a blank line, or another one, all is text
        ("Stage: Done\n\nDue date: 2026-12-24", [DONE], "Due date: 2026-12-24"),
        ("Stage: Done\nHello\nStage: New", [DONE], "Hello\nStage: New"),
    ],
)
def test_commands_are_cut(text, commands, rest):
    assert cut(text) == (commands, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Hello\nStage: Done",
        "Hello: world",
        "Note: x\nStage: Done",
        "> Stage: Done",
        "Stage:",
        "Stage:\nDone",
        "Stage Done",
        "- Stage: Done",
        "-- \nStage: Done",
        "http://stage.test/",
        "Stage://done",
        "On 2 March 2026, Ann wrote:\nStage: Done",
        "-----Original Message-----\nStage: Done",
        "From: Ann\nSubject: Hi\nStage: Done",
        "Stage: " + "x" * 1000,
    ],
)
def test_text_without_commands_is_left_alone(text):
    assert cut(text) == ([], text)
    assert cut_html(f"<pre>{escape(text)}</pre>")[0] == []


@pytest.mark.parametrize(
    ("html", "commands", "rest"),
    [
        ("<p>Stage: Done</p>", [DONE], ""),
        ("<p>Stage: Done</p><p>Hello</p>", [DONE], "<p>Hello</p>"),
        (
            "<div>Stage: Done</div>\n<div>Due date: 2026-12-24</div><div><br></div>"
            "<div>Hello <b>Bob</b></div>",
            [DONE, LATER],
            "<div>Hello <b>Bob</b></div>",
        ),
        (
            "<p>Stage: Done<br>Due date: 2026-12-24<br>Hello</p>",
            [DONE, LATER],
            "<p>Hello</p>",
        ),
        ("<p>Stage: Done<br/><br/>Stage: New</p>", [DONE], "<p>Stage: New</p>"),
        ("<p><b>Stage:</b> <i>Done</i></p><p>Hello</p>", [DONE], "<p>Hello</p>"),
        (
            '<div class="WordSection1"><p class="MsoNormal">Stage: Done<o:p></o:p></p>'
            '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
            '<p class="MsoNormal">Hi</p></div>',
            [DONE],
            '<div class="WordSection1"><p class="MsoNormal">Hi</p></div>',
        ),
        (
            "<p>Stage: Done<br>Note: x<br>Due date: 2026-12-24</p>",
            [DONE, ("", "x"), LATER],
            "<p>Note: x<br></p>",
        ),
        (
            "<pre>Stage: Done\nDue date: 2026-12-24\n\nHi\n  Ann</pre>",
            [DONE, LATER],
            "<pre>Hi\n  Ann</pre>",
        ),
        ("<pre>Stage: Done\n&gt; quoted</pre>", [DONE], "<pre>&gt; quoted</pre>"),
        # what others wrote below stays
        (
            "<div>Stage: Done</div><blockquote>Stage: New</blockquote>",
            [DONE],
            "<blockquote>Stage: New</blockquote>",
        ),
        (
            '<div>Stage: Done</div><div class="gmail_quote">On 2 March</div>',
            [DONE],
            '<div class="gmail_quote">On 2 March</div>',
        ),
        (
            '<p>Stage: Done</p><p><img src="cid:1"></p>',
            [DONE],
            '<p><img src="cid:1"></p>',
        ),
        (
            "<p>Stage: Done</p><table><tr><td>1</td></tr></table>",
            [DONE],
            "<table><tr><td>1</td></tr></table>",
        ),
        ("Stage: Done<br>Hello", [DONE], "<p>Hello</p>"),
    ],
)
def test_commands_are_cut_from_html(html, commands, rest):
    assert cut_html(html) == (commands, rest)


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote>Stage: Done</blockquote>",
        "<div><blockquote type='cite'><p>Stage: Done</p></blockquote></div>",
        '<div class="gmail_quote"><div>Stage: Done</div></div>',
        '<div data-o-mail-quote="1">Stage: Done</div>',
        '<div class="gmail_signature">Stage: Done</div>',
        '<div id="appendonsend"></div><div>Stage: Done</div>',
        '<div style="border:none;border-top:solid #E1E1E1"><p>Stage: Done</p></div>',
        "<table><tr><td>Stage: Done</td></tr></table>",
        "<p>Hello</p><p>Stage: Done</p>",
        "<style>Stage: Done</style><p>Hello</p>",
        "<!-- Stage: Done --><p>Hello</p>",
        "<ul><li>Hello: world</li></ul>",
    ],
)
def test_what_others_wrote_is_no_command(html):
    assert cut_html(html) == ([], html)


NAME = st.sampled_from(("Stage", "Due date", "срок"))
VALUE = (
    st.text("abc äß:#-/>.,1", min_size=1)
    .map(str.strip)
    .filter(
        lambda value: value.lstrip("*_ \t:：") == value and value and value[:2] != "//"
    )
)
COMMANDS = st.lists(
    st.builds(Command, NAME, VALUE), min_size=1, max_size=COMMANDS_LIMIT
)


@given(COMMANDS)
def test_what_is_rendered_is_read(commands):
    found, rest = cut_commands(render_commands(commands), NAMES)
    assert [(c.name, c.value) for c in found] == [(c.name, c.value) for c in commands]
    assert all(command.key for command in found)
    assert rest == ""


@given(
    st.text() | st.lists(st.sampled_from(("Stage: a", "X: y", "", "z"))).map("\n".join)
)
def test_no_text_is_too_strange(text):
    commands, rest = cut_commands(text, NAMES)
    assert commands or rest == text
    known = [command for command in commands if command.key]
    assert not commands or commands[0].key
    kept = [line for line in rest.split("\n") if line.strip()]
    lines = [line for line in text.split("\n") if line.strip()]
    assert len(kept) == len(lines) - len(known)


PIECES = st.sampled_from(
    "<p> </p> <br> <div> </div> <pre> </pre> <b> </b> <blockquote> </blockquote> "
    "<table> <td> <img> &nbsp; Stage:\x20Done Note:\x20x Hello \n <".split(" ")
)


@given(st.lists(PIECES, max_size=30).map("".join) | st.text())
def test_no_html_is_too_strange(html):
    commands, rest = cut_html_commands(html, NAMES)
    assert commands or rest == html
    for command in commands:
        assert command.key or command.line in html_to_text(rest)


@given(st.lists(st.sampled_from(("Stage: a", "X: y", "", "z"))))
def test_html_and_text_have_the_same_commands(lines):
    text = "\n".join(lines)
    paragraphs = "".join(f"<p>{line or '&nbsp;'}</p>" for line in lines)
    expected, rest = cut(text)
    for html in (f"<pre>{text}</pre>", f"<p>{'<br>'.join(lines)}</p>", paragraphs):
        commands, html_rest = cut_html(html)
        assert commands == expected
        assert html_to_text(html_rest).split() == rest.split()


@pytest.mark.parametrize("piece", ["Stage: Done\n", "<p>x</p>", "<p>Stage: Done</p>"])
def test_time_grows_with_the_text_and_not_with_its_square(piece):
    assert grows_with_text(lambda text: cut_commands(text, NAMES), piece, 10_000)
    html = "<p>Stage: Done</p>" + "<div>" * 200
    assert grows_with_text(
        lambda text: cut_html_commands(html + text, NAMES), piece, 10_000
    )
