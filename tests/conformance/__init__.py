"""The engine's contract against the ACTUS reference cases."""
