"""The agenda in other programs: one's own calendar by a secret address (G5), the public agenda and its news (G10)."""
