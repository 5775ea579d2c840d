"""Which mails were written by programs (RFC 3834 and what else is in use)."""

# Most telling first: a notice of a mail server is also automatic, and so on.
KINDS = ("bounce", "receipt", "out_of_office", "list", "bulk", "automatic")

_REPORTS = {"delivery-status": "bounce", "disposition-notification": "receipt"}
_REPLIES = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-autorespond-to")


def robot_kind(headers, email_from, content_type, report_type):
    """Return one of ``KINDS``, or an empty string for what a person wrote.

    :param list headers: pairs of lower-case name and decoded text
    :param str email_from: the sender's address, lower case
    :param str content_type: of the whole mail, such as ``multipart/report``
    :param str report_type: its parameter of that name (RFC 6522), or empty
    """
    values = {name: text.lower() for name, text in reversed(headers)}
    if content_type == "multipart/report" and report_type in _REPORTS:
        return _REPORTS[report_type]
    # RFC 5321 4.5.5: what has a null return path must never be answered
    if email_from.startswith("mailer-daemon@"):
        return "bounce"
    submitted = values.get("auto-submitted", "no").partition(";")[0].strip()
    precedence = values.get("precedence", "")
    if submitted == "auto-replied" or precedence == "auto_reply":
        return "out_of_office"
    if any(name in values for name in _REPLIES):
        return "out_of_office"
    # RFC 2919
    if "list-id" in values or precedence == "list":
        return "list"
    # RFC 2369; RFC 2076 3.9
    if "list-unsubscribe" in values or precedence in ("bulk", "junk"):
        return "bulk"
    if submitted != "no" or has_null_return_path(values.get("return-path")):
        return "automatic"
    return ""


def has_null_return_path(return_path):
    """Tell whether a Return-Path header says that no answer is wanted."""
    return return_path is not None and return_path.strip() == "<>"
