"""Reading bank statements: camt.053 and MT940, alone or in a zip, as a stream of what they say (P7).

Readers yield as they read, so memory does not grow with the file; whatever is wrong raises `Unreadable` with the line.
"""

from __future__ import annotations

from app.payments.statements.files import Part, content_kind, read
from app.payments.statements.says import Closed, Entry, Opened, Said, Unreadable, Why

__all__ = ["Closed", "Entry", "Opened", "Part", "Said", "Unreadable", "Why", "content_kind", "read"]
