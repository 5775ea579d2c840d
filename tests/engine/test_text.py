import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine import text

from .growth import grows_with_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?Caf=C3=A9?=", "Café"),
        ("=?utf-8?b?0KHRh9GR0YI=?= no. 5", "Счёт no. 5"),
        ("=?x-unknown?q?abc?=", "abc"),
        ("=?utf-8?b?not base64!?= rest", "=?utf-8?b?not base64!?= rest"),
        ("folded\r\n value", "folded value"),
        ("=?utf-8?q?one=0D=0AX-Forged:_line?=", "one X-Forged: line"),
        # raw octets, as the parser hands them over
        ("Caf\udcc3\udca9", "Café"),
        ("Caf\udce9", "Café"),
        ("with\x00nul", "withnul"),
    ],
)
def test_header_is_one_decoded_line(value, expected):
    assert text.header_text(value) == expected


def test_time_of_a_blank_header_does_not_grow_with_its_square():
    assert text.header_text("a" + "\v" * 100_000 + "b").endswith("b")
    assert grows_with_text(lambda blank: text.header_text(f"a{blank}b"), "\v", 4_000)


def test_html_becomes_lines_without_scripts():
    html = (
        "<html><head><title>t</title></head><body><p>One</p><p>Two<br>Three</p>"
        "<script>evil()</script><!-- no --><style>p {}</style></body></html>"
    )
    assert text.html_to_text(html) == "One\nTwo\nThree"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        # line ends in the code are none on the screen
        ("<b>Name:</b>\n  Ann", "Name: Ann"),
        ("<pre>one\ntwo</pre>", "one\ntwo"),
        # blocks begin a line too
        ("Name<div>Ann</div>Lee", "Name\nAnn\nLee"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<tr><td>Name</td><td>Ann</td></tr>", "Name\tAnn"),
        (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "a\tb\n1\t2",
        ),
    ],
)
def test_html_is_read_as_it_looks(html, expected):
    assert text.html_to_text(html) == expected


def test_tabs_stay_between_columns():
    assert text.tidy("a  b \t c\t\n\td") == "a b\tc\nd"


@pytest.mark.parametrize("html", ["", " ", "<!-- only a comment -->", "\x00"])
def test_html_without_content_is_empty(html):
    assert text.html_to_text(html) == ""


@given(st.text())
def test_storable_text_can_be_stored(anything):
    stored = text.storable(anything)
    assert "\x00" not in stored
    stored.encode("utf-8")


@given(st.binary())
def test_any_octets_become_a_storable_header(octets):
    value = octets.decode("ascii", "surrogateescape")
    text.header_text(value).encode("utf-8")


@given(st.text())
def test_any_html_becomes_text(html):
    assert isinstance(text.html_to_text(html), str)


@pytest.mark.parametrize(
    ("html", "read"),
    [
        ("<p>Hello, <b>World</b></p><p>a &lt; b</p>", "Hello, World\n\na < b"),
        ("<style>p {color: red}</style>x<script>y</script>z", "xz"),
        ("1 < 2, <3 and <b", "1 < 2, <3 and"),
        ("<!-- no -->yes<br>line", "yes\nline"),
        ("<style>never ended", ""),
    ],
)
def test_rough_text_is_what_a_reader_sees(html, read):
    assert text.rough_text(html) == read


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<style>", "&#60;", "<b>", "</"])
def test_time_of_rough_text_does_not_grow_with_the_square_of_any_markup(piece):
    assert grows_with_text(text.rough_text, piece, 10_000)
