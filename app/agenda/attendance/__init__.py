"""The day itself (G7): tickets, the door, who was there from when till when, and who did not come."""
