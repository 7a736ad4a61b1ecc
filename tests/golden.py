"""Golden files: what a mail says, kept as it should be. `UPDATE_GOLDEN=1 pytest …` writes them anew; read the difference."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path

from flask import current_app

from app.mail.models import OutboxMail

FOLDER = Path(__file__).parent / "mail" / "golden"
LARGEST = 100_000
_LINK = re.compile(r'href="(https?://[^"]+)"')
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TOKEN = re.compile(r"(?<=[/=])[A-Za-z0-9_-]{16,}(\.[A-Za-z0-9_-]+)*")


def assert_mail_matches(mail: OutboxMail, name: str, *, whole: bool = False) -> None:
    """Compare a mail with `tests/mail/golden/<name>.<locale>.txt`, and hold it to what every mail must be.

    Of the HTML the golden file keeps what the mail itself adds to the frame; `whole` keeps the frame, too.
    """
    assert_is_a_good_mail(mail)
    told = as_golden(mail, whole=whole)
    golden = FOLDER / f"{name}.{mail.locale}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(told)
    assert golden.exists(), f"{golden.name} is missing: run with UPDATE_GOLDEN=1 and read what it wrote"
    assert told == golden.read_text()


def assert_is_a_good_mail(mail: OutboxMail) -> None:
    """Both twins carry the same links; nothing is unfinished, too large, or in two lines that should be one."""
    assert "\n" not in mail.subject
    assert mail.subject
    assert len(mail.html.encode()) <= LARGEST
    assert "{{" not in mail.html + mail.text
    assert "{%" not in mail.html + mail.text
    assert not re.search(r"</?(p|a|td|br|strong)\b", mail.text)
    missing = [link for link in map(html.unescape, _LINK.findall(mail.html)) if link not in mail.text]
    assert missing == [], "links that the text twin lacks"


def as_golden(mail: OutboxMail, *, whole: bool = False) -> str:
    """Write a mail down without what differs each time."""
    body = mail.html if whole else mail.html[mail.html.index("<h1") : mail.html.rindex('class="edge small muted"')]
    lines = "\n".join(line.strip() for line in body.splitlines() if line.strip())
    headers = "".join(f"{key}: {value}\n" for key, value in sorted(mail.headers.items()))
    attached = "".join(f"Attachment: {kept['filename']} ({kept['content_type']})\n" for kept in mail.attachments)
    name = f"{mail.recipient_name} " if mail.recipient_name else ""
    told = (
        f"To: {name}<{mail.recipient}>\nSubject: {mail.subject}\n{headers}{attached}\n{mail.text}\n--- html\n{lines}\n"
    )
    told = told.replace(current_app.config["PUBLIC_URL"], "http://localhost:5000")
    return _TOKEN.sub("<token>", _UUID.sub("<id>", told))
