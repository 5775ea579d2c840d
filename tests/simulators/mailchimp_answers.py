"""How Mailchimp pages and refuses."""

from .service import Refusal


def paged(request, items):
    count = min(int(request.query.get("count", 10)), 1000)
    offset = int(request.query.get("offset", 0))
    return items[offset : offset + count]


def problem(status, title, detail):
    kind = "https://mailchimp.com/developer/marketing/docs/errors/"
    body = {"type": kind, "title": title, "status": status, "detail": detail}
    headers = {"Content-Type": "application/problem+json; charset=utf-8"}
    return Refusal(status, {**body, "instance": "5a1b"}, headers)


def missing():
    text = "The requested resource could not be found."
    return problem(404, "Resource Not Found", text)


def invalid(text):
    return problem(400, "Invalid Resource", text)
