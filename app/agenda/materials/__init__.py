"""What goes with a gathering to read or to watch (G1, G8): files and links, each for whom and from when."""
