import pytest

from odoo.addons.mail_task_rules.engine.trust import authenticate, is_sufficient

from .growth import grows_with_text

OURS = frozenset(("mx.acme.test",))
BOSS = "boss@acme.test"


def verdict(*results, senders=(BOSS,), ids=OURS):
    return authenticate(list(results), list(senders), ids)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("none", "none"),
        ("dmarc=pass header.from=acme.test", "pass"),
        ("dmarc=fail header.from=acme.test", "fail"),
        ("DMARC=Fail (p=reject) header.from=acme.test", "fail"),
        ("dmarc=fail; dkim=pass header.d=acme.test", "fail"),
        ("dmarc=pass; spf=fail smtp.mailfrom=acme.test", "pass"),
        # nothing said: what DKIM and SPF found
        ("dmarc=none; dkim=pass header.d=acme.test", "pass"),
        ("dmarc=temperror; spf=pass smtp.mailfrom=boss@acme.test", "pass"),
        ("dkim=pass header.d=acme.test", "pass"),
        ("dkim=pass header.i=@acme.test", "pass"),
        ("dkim=pass header.i=boss@acme.test header.b=abc", "pass"),
        ("dkim=pass header.d=evil.test", "none"),
        ("dkim=pass header.d=test", "none"),
        ("dkim=pass header.d=mail.acme.test", "none"),
        ("dkim=pass", "none"),
        ("dkim=fail header.d=acme.test", "fail"),
        ("dkim=fail (body hash did not verify)", "fail"),
        ("dkim=fail header.d=list.test", "none"),
        ("dkim=fail header.d=acme.test; spf=pass smtp.mailfrom=acme.test", "pass"),
        ("dkim=fail header.d=acme.test; dkim=pass header.d=acme.test", "pass"),
        ("spf=pass smtp.mailfrom=acme.test", "pass"),
        ("spf=pass smtp.mailfrom=evil.test", "none"),
        ("spf=pass smtp.helo=acme.test", "none"),
        ("spf=fail smtp.mailfrom=acme.test", "fail"),
        ("spf=fail smtp.mailfrom=bounces.test", "none"),
        ("spf=softfail smtp.mailfrom=acme.test", "none"),
        ("auth=pass smtp.auth=boss@acme.test", "none"),
        # what senders control, put into quotes by the server
        ('spf=pass smtp.mailfrom="x; dmarc=pass"@evil.test', "none"),
        ("spf=none (x; dmarc=pass) smtp.mailfrom=evil.test", "none"),
    ],
)
def test_methods(results, expected):
    assert verdict(f"mx.acme.test; {results}") == expected


def test_domain_below_the_signer():
    result = "mx.acme.test; dkim=pass header.d=acme.test"
    assert verdict(result, senders=["robot@mail.acme.test"]) == "pass"
    assert verdict(result, senders=["boss@notacme.test"]) == "none"


def test_no_header():
    assert verdict() == "none"


def test_server_of_others():
    assert verdict("mx.evil.test; dmarc=pass header.from=acme.test") == "untrusted"
    assert verdict("mx.evil.test; dmarc=fail header.from=acme.test") == "untrusted"


def test_header_of_ours_counts_whatever_the_sender_wrote_below():
    ours = "mx.acme.test; dmarc=fail header.from=acme.test"
    forged = "mx.acme.test; dmarc=pass header.from=acme.test"
    assert verdict(ours, forged) == "fail"
    assert verdict("relay.test; dmarc=pass", ours) == "fail"
    assert verdict("mx.acme.test; spf=none", forged) == "none"


def test_while_no_server_is_named_only_bad_news_count():
    none = frozenset()
    assert verdict("mx.any.test; dmarc=pass", ids=none) == "untrusted"
    assert verdict("mx.any.test; dmarc=fail", ids=none) == "fail"
    assert verdict("mx.any.test; spf=none", "b.test; dmarc=fail", ids=none) == (
        "untrusted"
    )
    assert verdict(ids=none) == "none"


def test_several_senders():
    passed = "mx.acme.test; dmarc=pass header.from=acme.test"
    assert verdict(passed, senders=[BOSS, "evil@evil.test"]) == "fail"
    assert verdict(passed, senders=[BOSS, BOSS]) == "pass"
    assert verdict(passed, senders=[]) == "pass"


def test_server_that_names_itself_not():
    value = (
        "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=acme.test; dkim=none "
        "(message not signed) header.d=none;dmarc=fail action=oreject "
        "header.from=acme.test;compauth=fail reason=000"
    )
    assert verdict(value) == "untrusted"
    assert verdict(value, ids=frozenset(("unnamed",))) == "fail"
    assert verdict(value, ids=frozenset()) == "fail"


@pytest.mark.parametrize(
    "value",
    ["", ";", "mx.acme.test", "mx.acme.test;", "mx.acme.test; dmarc", "\ud83d", "="],
)
def test_rubbish_is_no_result(value):
    assert verdict(value) == "untrusted"


@pytest.mark.parametrize("piece", ["(", "x.y=z ", "; spf=pass", '"\\'])
def test_time_grows_with_the_text_and_not_with_its_square(piece):
    for start in ("", "spf=pass "):
        assert grows_with_text(
            lambda text, start=start: verdict(f"mx.acme.test; {start}{text}"),
            piece,
            1_000,
        )


@pytest.mark.parametrize(
    ("wanted", "sufficient"),
    [
        ("off", {"pass", "none", "untrusted", "fail"}),
        ("fail_only", {"pass", "none", "untrusted"}),
        ("required", {"pass"}),
    ],
)
def test_sufficient(wanted, sufficient):
    everything = ("pass", "none", "untrusted", "fail")
    assert {one for one in everything if is_sufficient(one, wanted)} == sufficient
