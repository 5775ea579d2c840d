"""Whether a mail was written by whom it says: what mail servers found out (RFC 8601).

Anybody can write any Authentication-Results header. Those of our own mail servers
count, known by their authserv-id, and of these the one that was added last.
"""

import authres

PASS, FAIL, NONE, UNTRUSTED = "pass", "fail", "none", "untrusted"
# Microsoft 365 leaves its authserv-id out; in the setting, this stands for it.
UNNAMED = "unnamed"
# Others below are older, or forged.
_HEADERS_READ = 20
# Where a method says whose domain it looked at
_DOMAIN_PROPERTIES = {
    "dkim": (("header", "d"), ("header", "i")),
    "spf": (("smtp", "mailfrom"),),
}


def authenticate(results, senders, authserv_ids):
    """Return what is known of a mail's From: ``pass``, ``fail``, ``none`` or
    ``untrusted``, which means that only strangers say anything of it.

    While no server is named, nobody is believed who says that a mail is authentic;
    but there is no reason to forge a header that says it is not.

    :param list results: values of Authentication-Results, the topmost first
    :param list senders: the addresses in all From headers, lower case
    :param frozenset authserv_ids: servers to believe, lower case
    """
    if len(set(senders)) > 1:
        # RFC 5322 3.6 allows one; programs differ in which of them they show
        return FAIL
    domain = senders[0].rpartition("@")[2] if senders else ""
    headers = list(filter(None, map(_parse, results[:_HEADERS_READ])))
    trusted = [header for header in headers if header.authserv_id in authserv_ids]
    if trusted:
        return _verdict(trusted[0].results, domain)
    if not authserv_ids and headers and _verdict(headers[0].results, domain) == FAIL:
        return FAIL
    return UNTRUSTED if results else NONE


def is_sufficient(authentication, wanted):
    """Tell whether a sender may be taken for whom the From header names.

    :param str authentication: what ``authenticate`` returned
    :param str wanted: ``off``, ``fail_only`` or ``required``
    """
    if wanted == "required":
        return authentication == PASS
    return wanted == "off" or authentication != FAIL


def _parse(value):
    for text in (value, f"{UNNAMED}; {value}"):
        try:
            return authres.all_features().parse_value(text)
        except Exception:
            # it recurses into comments, and what senders write raises many things
            continue
    return None


def _verdict(results, domain):
    """DMARC (RFC 7489) answers the question; without it, DKIM or SPF for the domain
    of the From header does."""
    dmarc = [result.result for result in results if result.method == "dmarc"]
    if dmarc and dmarc[0] in (PASS, FAIL):
        return dmarc[0]
    about = {
        result.result
        for result in results
        if result.method in _DOMAIN_PROPERTIES and _is_about(result, domain)
    }
    return PASS if PASS in about else FAIL if FAIL in about else NONE


def _is_about(result, domain):
    """Tell whether a result is one for ``domain``, or for a domain above it."""
    for found in result.properties:
        if (found.type, found.name) in _DOMAIN_PROPERTIES[result.method]:
            signer = found.value.lower().rpartition("@")[2]
            return domain == signer or ("." in signer and domain.endswith(f".{signer}"))
    # nothing passes for nobody
    return result.result != PASS
