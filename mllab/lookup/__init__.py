"""Looks into real accounts, by tags and names; changes nothing there."""
