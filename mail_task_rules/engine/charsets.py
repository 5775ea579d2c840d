"""Which characters a mail's octets stand for, when the mail does not say."""

import codecs
import re

# Codecs of Python that no mail means, although they decode octets: they raise
# on half of all texts, take quadratic time or interpret backslashes.
_NO_CHARSETS = frozenset(
    ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
)
_LABEL = re.compile(r"[\w.:+ -]{1,60}", re.ASCII)
_FIRST_WORD = re.compile(r"(?:x-)?([a-z0-9][\w.:+-]*)", re.ASCII)
# What senders write for a charset that Python knows under another name.
_SPELLINGS = (
    (re.compile(r"(?:windows|win|cp|ansi|ibm|dos|microsoft)\D?(\d{3,4})"), r"cp\1"),
    (re.compile(r"(?:iso)?\D?8859\D?(\d{1,2}).*"), r"iso8859-\1"),
    (re.compile(r"utf\D?(7|8|16|32).*"), r"utf-\1"),
    (re.compile(r"(?:us)?\D?ascii.*"), "ascii"),
    (re.compile(r"mac|macroman|macintosh.*"), "mac-roman"),
    (re.compile(r"unicode-1-1-utf-7"), "utf-7"),
    (re.compile(r"sjis.*|shift.jis.*|ms_kanji"), "cp932"),
    (re.compile(r"gbk.*|gb.?2312.*|gb.?18030.*"), "gb18030"),
    (re.compile(r"ks_c_5601.*"), "cp949"),
)
_KANA = "[\u3041-\u30ff]"
_CYRILLIC = "[\u0401\u0410-\u044f\u0451]"
# Charset, its letters, how much of the text they are at least, frequent ones
_SCRIPTS = (
    ("cp932", _KANA, 0.2, _KANA),
    ("euc_jp", _KANA, 0.2, _KANA),
    ("cp1251", _CYRILLIC, 0.8, "[оеаинтсрвл]"),
    ("koi8_r", _CYRILLIC, 0.8, "[оеаинтсрвл]"),
    ("cp1253", "[\u0386-\u03ce]", 0.8, "[αοιετσνηυρ]"),
    ("gb18030", "[\u4e00-\u9fff]", 0.8, "[的一是不了在人有我他这为之大来以个中上们]"),
)
# So much of a text tells its script.
_SAMPLE = 20_000
_LETTERS_IN_A_ROW = 2.5


def known(label):
    """Return Python's name of the charset that a mail's ``label`` names, or ``None``.

    Whatever a sender may write there is a label, not only a charset's name.
    """
    label = str(label or "").strip().strip("\"'").lower()
    return _codec(label) or next(filter(None, map(_codec, _spellings(label))), None)


def is_plain(label):
    """Tell whether Python decodes ``label`` as it stands, safely."""
    return isinstance(label, str) and _codec(label) is not None


def guess(octets, hints=()):
    """Return the text of ``octets`` and the name of the charset that it seems to be.

    :param hints: names, as ``known`` gives them, of charsets that the rest of the
        mail uses, likely ones first
    """
    for charset in (*_escaped(octets), "utf-8", *hints):
        try:
            return octets.decode(charset), charset
        except (LookupError, ValueError):
            continue
    charset = _torn(octets) or _script(octets[:_SAMPLE]) or _western(octets)
    return octets.decode(charset, "replace"), charset


def _codec(label):
    if not _LABEL.fullmatch(label):
        return None
    try:
        codec = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    # base64, zip and the like are codecs, too
    is_text = codec._is_text_encoding and codec.name not in _NO_CHARSETS
    return codec.name if is_text else None


def _spellings(label):
    word = _FIRST_WORD.search(label)
    if word:
        yield word[1]
        for pattern, name in _SPELLINGS:
            if pattern.fullmatch(word[1]):
                yield pattern.sub(name, word[1])


def _escaped(octets):
    """ISO-2022-JP (RFC 1468) announces itself."""
    return ("iso2022_jp",) if b"\x1b$" in octets else ()


def _script(octets):
    """Return the charset of a script that has few letters in common with ours."""
    rows = re.findall(rb"[\x80-\xff]+", octets)
    if sum(map(len, rows)) < _LETTERS_IN_A_ROW * max(len(rows), 1):
        return None
    scores = {script[0]: _score(octets, *script) for script in _SCRIPTS}
    best = max(scores, key=scores.get)
    return best if scores[best] else None


def _score(octets, charset, letters, share, frequent):
    """Return how well the octets make a text: 0 for not at all."""
    text = re.sub("[\x00-\x7f]", "", octets.decode(charset, "replace"))
    if len(re.findall(letters, text)) < share * len(text):
        return 0
    # In the wrong Cyrillic charset, small letters look like capitals.
    small = sum(map(str.islower, text))
    return (1 + len(re.findall(frequent, text.lower())) + small / 4) / len(text)


def _torn(octets):
    """UTF-8 that was cut, or has a wrong octet here and there."""
    text = octets.decode("utf-8", "replace")
    others = len(re.findall("[^\x00-\x7f]", text))
    return "utf-8" if text.count("\ufffd") * 10 <= others else None


def _western(octets):
    """What Windows writes in Western, else in Central Europe."""
    try:
        octets.decode("cp1252")
    except ValueError:
        return "cp1250"
    return "cp1252"
