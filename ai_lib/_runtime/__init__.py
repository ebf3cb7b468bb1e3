"""What each package runs on: clock, sleep, locks, deadlines, sockets, threads."""
