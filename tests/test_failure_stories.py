"""Failure stories of other mail systems, and the test that would catch each.

The numbers are those of the collection that the project started from. Stories of
parts that are not built yet (rule language: 16, 26, 27; numbers in subjects: 28;
closed tasks: 29; trust in senders: 13) are tested with those parts.

1  marked as read or deleted, though it failed   test_faults, test_full_disk
2  marked as read, then a serialization failure  test_faults (conflict)
3  tried again for ever, and blocks the mailbox  test_crash, addon: test_retry
4  a connection test deleted all mails           here
5  an address that comes twice in To             addon: test_failure_stories
6  the same name at another domain               addon: test_failure_stories
7  catchall in Delivered-To                      addon: test_failure_stories
8  blind copies, mailing lists                   addon: test_failure_stories
9  the same Message-ID for another address       test_copies, addon: test_ledger
10 robots that answer each other                 addon: test_failure_stories
11 back-scatter to the null sender               addon: test_notice
12 a bystander is blocked                        addon: test_limits
14 mail bomb by forged senders                   addon: test_failure_stories
15 endless regular expressions                   engine/test_text, test_fuzz
17 unknown charsets                              engine/test_repair, test_bad_mail
18 the saved original cannot be written          addon: test_guard
19 no sender, no recipient, nothing              test_bad_mail, test_mailgate
20 endless structure                             test_bombs
21 recursion in headers                          test_bombs, test_fuzz
22 image bombs, memory                           test_bombs
23 archive bombs                                 addon: test_failure_stories
24 attached mails                                engine/test_guard, addon: test_guard
25 TNEF                                          addon: test_failure_stories
30 no project                                    test_end_to_end
31 another client expunges at the same time      here
33 archived project                              addon: test_failure_stories

32 (somebody opens the mailbox, and what they have read is never fetched) is how
core's IMAP works: it asks for unread mails only. A mailbox that is fetched must
not be read by people.
"""

import threading

import pytest

from tests.mails import mail


@pytest.mark.parametrize("server_type", ["imap", "pop"])
def test_connection_test_leaves_the_mails_alone(admin, mailbox, server_type):
    """Zammad #243: the setup assistant deleted 105 mails."""
    subjects = [f"Mail {number}" for number in range(3)]
    mailbox.append(*(mail(subject, to="support@mail.example") for subject in subjects))
    before = mailbox.messages()

    account = admin.mail_account(mailbox, server_type)
    admin.call("fetchmail.server", "set_draft", [account.server_id])
    admin.call("fetchmail.server", "button_confirm_login", [account.server_id])

    assert mailbox.messages() == before
    assert account.waiting() == subjects


def test_another_client_expunges_meanwhile(admin, account, support):
    """Numbers of mails shift when one before them is gone."""
    subjects = [f"Expunged {number}" for number in range(30)]
    account.mailbox.append(
        *(mail(subject, to="support@mail.example") for subject in subjects)
    )
    fetching = threading.Thread(target=account.fetch)

    fetching.start()
    expunged = 0
    while fetching.is_alive():
        expunged += account.mailbox.expunge_seen()
    account.fetch()

    assert expunged > 1
    assert account.mailbox.unseen() == []
    assert [len(admin.tasks(subject)) for subject in subjects] == [1] * 30
