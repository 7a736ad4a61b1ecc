"""Seats kept for nothing or given back too late (G7): who, how often, what follows, and putting it right."""
