"""The kinds of mail that people may do without; what is not one of these is service mail and always comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Topic:
    """One kind of mail as a person chooses it; or, `in_service_mail`, what goes with mail that always comes."""

    name: str
    label: Any
    hint: Any
    in_service_mail: bool = False


_topics: dict[str, Topic] = {}


def add(topic: Topic) -> None:
    """Let people choose whether they get this kind; adding it again replaces it."""
    _topics[topic.name] = topic


def every() -> tuple[Topic, ...]:
    """Return all kinds, in the order in which they were added."""
    return tuple(_topics.values())


def label_of(name: str) -> Any:
    """Return what a kind is called; empty for one that is gone, or for mail of no kind."""
    return _topics[name].label if name in _topics else ""
