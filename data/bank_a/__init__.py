"""Bank A: a book whose year ends are those of the study."""
