"""What a person sees: words, tables, live progress. Nothing here changes anything."""
