"""Two pictures of one thing brought onto each other by what they show."""
