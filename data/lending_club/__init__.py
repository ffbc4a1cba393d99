"""Ten thousand real loans of Lending Club, brought in as carried balances."""
