"""The kinds of servers, a module each."""
