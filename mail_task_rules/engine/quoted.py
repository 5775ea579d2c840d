"""What somebody wrote in a reply, without the mails quoted in it and the signature.

Nothing is cut that might be an answer: text below a quote stays, quotes with answers
between them stay with these, and so does a mail that has nothing else. A forwarded
mail is not for here: what it quotes is what it is about.
"""

import re

# Longer texts stay whole: nobody writes an answer of that size.
TEXT_LIMIT = 100_000
# No mail program breaks its introduction into more lines, or longer ones.
INTRODUCTION_LINES = 3
INTRODUCTION_LENGTH = 300
HEADER_LINES = 8
HEADERS_NEEDED = 4

_FORWARD = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|doorst|pd|vb|vs|vl|пересл|пер)\s*:", re.IGNORECASE
)
_QUOTE = re.compile(r"\s*>")
# RFC 3676 4.3; some programs lose the space
_SIGNATURE = re.compile(r"--\s?$")
_ORIGINAL = re.compile(
    r"\s*-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|"
    r"mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|"
    r"ursprungligt meddelande|původní zpráva|wiadomość oryginalna|"
    r"исходное сообщение|вихідне повідомлення)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\b(?:wrote|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|geschreven|"
    r"skrev|kirjoitti|napsala?|napisał[ao]?|написала?|пише|írta|yazdı|написа)\b",
    re.IGNORECASE,
)
# The four headers of the block that Outlook puts above an older mail.
_HEADERS = (
    "from von de da van od от от кого від fra från lähettäjä feladó kimden",
    "sent date gesendet datum envoyé enviado fecha inviato data verzonden odesláno "
    "wysłano отправлено дата надіслано skickat lähetetty elküldve gönderildi",
    "to an à para a aan komu do кому til till vastaanottaja címzett kime",
    "subject betreff objet asunto oggetto assunto onderwerp předmět temat тема emne "
    "ämne aihe tárgy konu",
)
_HEADER_KINDS = {
    name: kind for kind, names in enumerate(_HEADERS) for name in names.split()
}
_ADDRESS = re.compile(r"\S+@\S+")
_HEADER = re.compile(r"\s*\*?([^\W\d_]+)(?: [^\W\d_]+)?\s*:\*?\s")


def is_forward(subject):
    """Tell whether a mail hands on another one, by its subject."""
    return bool(_FORWARD.match(subject))


def cut_text(text):
    """Return a plain text without quoted mails and signature; all of it if nothing
    else would be left."""
    return own_text(text) or text


def own_text(text):
    """Return the same, but nothing if nothing else is left."""
    if len(text) > TEXT_LIMIT:
        return text
    lines = text.splitlines()
    del lines[_old_mail(lines) :]
    lines = _without_signature(_without_quotes(lines))
    return "\n".join(lines).strip()


def is_introduction(lines):
    """Tell whether the lines, one to three, are what a mail program puts above a
    quote: "On 2 March 2026, Ann <ann@acme.test> wrote:"."""
    text = " ".join(line[: INTRODUCTION_LENGTH + 1] for line in lines).strip()
    if not text.endswith(":") or len(text) > INTRODUCTION_LENGTH:
        return False
    wrote = bool(_WROTE.search(text)) or "@" in text
    return wrote and any(map(str.isdigit, _ADDRESS.sub("", text)))


def is_signature_mark(line):
    return bool(_SIGNATURE.match(line))


def _old_mail(lines):
    """Return the index of the line from which on all is an older mail."""
    for index, line in enumerate(lines):
        if _ORIGINAL.match(line) or _is_header_block(lines, index):
            return index
        if _introduces_unmarked(lines, index):
            return index
    return len(lines)


def _is_header_block(lines, index):
    first = _header_kind(lines[index])
    if first is None:
        return False
    kinds = map(_header_kind, lines[index : index + HEADER_LINES])
    return len({kind for kind in kinds if kind is not None}) >= HEADERS_NEEDED


def _header_kind(line):
    found = _HEADER.match(line[:INTRODUCTION_LENGTH])
    return _HEADER_KINDS.get(found[1].lower()) if found else None


def _introduces_unmarked(lines, index):
    """Tell whether the older mail below has no ``>`` in front of its lines."""
    index += _introduction_size(lines, index) or len(lines)
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index < len(lines) and not _QUOTE.match(lines[index])


def _introduction_size(lines, index):
    """Return how many lines the introduction takes that starts here, or 0."""
    if not lines[index].strip() or _QUOTE.match(lines[index]):
        return 0
    for size in range(1, INTRODUCTION_LINES + 1):
        candidate = lines[index : index + size]
        if not candidate[-1].strip() or len(candidate) < size:
            return 0
        if is_introduction(candidate):
            return size
    return 0


def _without_signature(lines):
    quoted = (index for index, line in enumerate(lines) if _QUOTE.match(line))
    for index in range(max(quoted, default=-1) + 1, len(lines)):
        if is_signature_mark(lines[index]):
            return lines[:index]
    return lines


def _without_quotes(lines):
    """Return the lines without quotes, or only without the last one if there are
    answers below several of them."""
    quotes = _quotes(lines)
    starts = [start for start, _ in quotes] + [len(lines)]
    answered = [
        any(map(str.strip, lines[end : starts[number]]))
        for number, (_, end) in enumerate(quotes, start=1)
    ]
    if sum(answered) > 1:
        quotes = quotes[len(answered) - answered[::-1].index(True) :]
    cut = {index for quote in quotes for index in range(*quote)}
    return [line for index, line in enumerate(lines) if index not in cut]


def _quotes(lines):
    """Return start and end of each run of quoted lines, with its introduction."""
    found, index = [], 0
    while index < len(lines):
        if not _QUOTE.match(lines[index]):
            index += 1
            continue
        start = index - _introduction_above(lines, index)
        while index < len(lines) and _QUOTE.match(lines[index]):
            index += 1
        found.append((start, index))
    return found


def _introduction_above(lines, index):
    """Return how many lines above a quote introduce it, blank ones included."""
    end = index
    while end and not lines[end - 1].strip():
        end -= 1
    for size in range(1, min(INTRODUCTION_LINES, end) + 1):
        candidate = lines[end - size : end]
        if not candidate[0].strip() or _QUOTE.match(candidate[0]):
            break
        if is_introduction(candidate):
            return index - end + size
    return 0
