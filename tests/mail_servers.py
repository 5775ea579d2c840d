"""Real mail servers for tests: Dovecot for incoming mail, a sink for outgoing mail.

Both listen on loopback only and live in a temporary folder.
"""

import getpass
import grp
import imaplib
import logging
import os
import poplib
import pwd
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from dev.server import free_port
from tests import requirements

HOST = "127.0.0.1"
PASSWORD = "let-me-read"
START_SECONDS = 20
# aiosmtpd logs every line of the protocol.
logging.getLogger("mail.log").setLevel(logging.WARNING)

# One user for everything, no privileges and no chroot: Dovecot as a process of an
# ordinary user. Any user may log in with the password and has an own mailbox.
COMMON = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap pop3
listen = {host}
ssl = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_fsync = never
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3_port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""
BEFORE_2_4 = """
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
"""
SINCE_2_4 = """
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {user}
    gid = {group}
    home = {folder}/mail/%{{user}}
  }}
}}
"""


@dataclass(frozen=True)
class StoredMail:
    """A mail as the server has it."""

    uid: int
    seen: bool
    subject: str


@dataclass(frozen=True)
class Mailbox:
    """A mailbox of the running Dovecot: any user name is one."""

    imap_port: int
    pop3_port: int
    user: str
    password: str = PASSWORD
    host: str = HOST

    def append(self, *mails):
        """Deliver raw mails, in this order."""
        with self._imap() as imap:
            for raw in mails:
                _check(imap.append("INBOX", None, None, raw))

    def messages(self):
        """Return the mails on the server, oldest first."""
        with self._imap() as imap:
            imap.select("INBOX", readonly=True)
            _, answer = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER])")
        return [_stored_mail(*line) for line in answer if isinstance(line, tuple)]

    def unseen(self):
        """Return the subjects of the mails that nobody has fetched by IMAP."""
        return [mail.subject for mail in self.messages() if not mail.seen]

    def expunge_seen(self):
        """Do as another mail program that moves what was read elsewhere.

        Return how many mails are gone.
        """
        with self._imap() as imap:
            imap.select("INBOX")
            _, [numbers] = imap.search(None, "SEEN")
            numbers = numbers.decode().split()
            if numbers:
                imap.store(",".join(numbers), "+FLAGS", "\\Deleted")
                imap.expunge()
        return len(numbers)

    def subjects(self):
        return [mail.subject for mail in self.messages()]

    @contextmanager
    def _imap(self):
        with imaplib.IMAP4(self.host, self.imap_port, START_SECONDS) as imap:
            imap.login(self.user, self.password)
            yield imap


def _check(answer):
    status, text = answer
    if status != "OK":
        raise ValueError(f"The mail server refused: {text}")


def _stored_mail(answer, header):
    header = message_from_bytes(header, policy=policy.compat32)
    uid = answer.partition(b"UID ")[2].split()[0]
    return StoredMail(
        int(uid), rb"\Seen" in imaplib.ParseFlags(answer), header["Subject"] or ""
    )


class Dovecot:
    """A running Dovecot (IMAP and POP3)."""

    def __init__(self, folder):
        self._folder = folder
        self._imap_port, self._pop3_port = free_port(), free_port()
        self._process = None

    def mailbox(self, user):
        return Mailbox(self._imap_port, self._pop3_port, user)

    def start(self):
        program = requirements.program("dovecot", "dovecot-imapd dovecot-pop3d")
        configuration = self._folder / "dovecot.conf"
        configuration.write_text(self._configuration(_version(program)))
        self._process = subprocess.Popen(
            [program, "-F", "-c", configuration],
            stdin=subprocess.DEVNULL,
            cwd=self._folder,
            **_unprivileged(),
        )
        self._wait_until_it_answers()

    def stop(self):
        self._process.terminate()
        self._process.wait(START_SECONDS)

    def _configuration(self, version):
        user, group = _run_as()
        # The versions come first: Dovecot 2.4 wants to know its syntax.
        template = SINCE_2_4 + COMMON if version >= (2, 4) else BEFORE_2_4 + COMMON
        return template.format(
            folder=self._folder,
            host=HOST,
            user=user,
            group=group,
            imap_port=self._imap_port,
            pop3_port=self._pop3_port,
            password=PASSWORD,
        ).lstrip()

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Dovecot did not start:\n{self._log()}")
            time.sleep(0.05)

    def _answers(self):
        with suppress(OSError, EOFError, imaplib.IMAP4.error, poplib.error_proto):
            imaplib.IMAP4(HOST, self._imap_port).shutdown()
            poplib.POP3(HOST, self._pop3_port).close()
            return True
        return False

    def _log(self):
        log = self._folder / "dovecot.log"
        return log.read_text() if log.exists() else "(no log)"


@contextmanager
def dovecot():
    """Run a Dovecot with empty mailboxes."""
    # Not pytest's tmp_path: it is closed to other users, and its name too long for
    # the sockets that Dovecot makes in there.
    with tempfile.TemporaryDirectory(prefix="dovecot-") as name:
        folder = Path(name)
        shutil.chown(folder, *_run_as())
        server = Dovecot(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _version(program):
    words = subprocess.check_output([program, "--version"], text=True).split()
    major, minor = words[0].split(".")[:2]
    return int(major), int(minor)


def _run_as():
    """Return user and group: Dovecot delivers no mail to root."""
    if os.geteuid() == 0:
        return "nobody", grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    return getpass.getuser(), grp.getgrgid(os.getegid()).gr_name


def _unprivileged():
    if os.geteuid() != 0:
        return {}
    user, group = _run_as()
    return {"user": user, "group": group, "extra_groups": []}


class Sink:
    """An SMTP server that takes every mail and keeps it. Anybody may log in."""

    def __init__(self):
        self._received = []
        self._controller = Controller(
            self,
            hostname=HOST,
            port=free_port(),
            ready_timeout=START_SECONDS,
            auth_require_tls=False,
            authenticator=_accept,
        )

    @property
    def host(self):
        return HOST

    @property
    def port(self):
        return self._controller.port

    def mails_to(self, address):
        """Return the mails to an address as parsed messages, oldest first."""
        return [
            message_from_bytes(raw, policy=policy.default)
            for recipients, raw, _login in self._received
            if address in recipients
        ]

    def logins_to(self, address):
        """Return who was logged in for each of these mails; ``None`` is nobody."""
        return [login for to, _raw, login in self._received if address in to]

    async def handle_DATA(self, server, session, envelope):
        login = session.auth_data and session.auth_data.login.decode()
        self._received.append((envelope.rcpt_tos, envelope.original_content, login))
        return "250 2.0.0 Kept"

    def start(self):
        self._controller.start()

    def stop(self):
        self._controller.stop()


def _accept(server, session, envelope, mechanism, auth_data):
    return AuthResult(success=True, auth_data=auth_data)


@contextmanager
def sink():
    server = Sink()
    server.start()
    try:
        yield server
    finally:
        server.stop()
