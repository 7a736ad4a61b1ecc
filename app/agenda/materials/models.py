"""One file or one link with a gathering, for whom it is and from when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Id, state_column


class Audience(StrEnum):
    """For whom a material is; who speaks there sees all of them."""

    PUBLIC = "public"
    MEMBERS = "members"
    BOOKED = "booked"
    ATTENDED = "attended"
    SPEAKERS = "speakers"


class Opens(StrEnum):
    """From when: as soon as the gathering stands in the agenda, or once it is over."""

    BEFORE = "before"
    AFTERWARDS = "afterwards"


class Material(Base):
    """G1: a file under a name of our own, or a link."""

    __tablename__ = "material"
    __table_args__ = (CheckConstraint("(url = '') <> (stored_name = '')", name="file_or_link"),)

    id: Mapped[Id]
    gathering_id: Mapped[UUID] = mapped_column(ForeignKey("gathering.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    audience: Mapped[Audience] = state_column(Audience, name="audience")
    opens: Mapped[Opens] = state_column(Opens, name="opens")
    url: Mapped[str] = mapped_column(String(2000), default="")
    stored_name: Mapped[str] = mapped_column(String(48), default="")
    shown_name: Mapped[str] = mapped_column(String(200), default="")
    mimetype: Mapped[str] = mapped_column(String(100), default="")
    size: Mapped[int] = mapped_column(default=0)
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
