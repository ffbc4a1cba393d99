"""Published credit-risk methods, each a pure function of tables."""
