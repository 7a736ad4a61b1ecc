"""What people thought of a gathering (G8): asked afterwards, answered without a name, shown when enough did."""
