"""Books and code lists that the scripts bring on chain."""
