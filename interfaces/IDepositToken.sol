// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {EarmarkMode} from "../contracts/types/Enums.sol";
import {LoanId} from "../contracts/types/Ids.sol";

/// @title Tokenised deposits, with earmarked loan money
/// @notice ERC-20 with two decimals (one unit = one fen). Supply = funded + drawdowns - loan payments - redemptions: the
/// bank's deposit liability. An account transfers to nobody only what it redeems; every other ERC-20 transfer to nobody is the
/// loan book's: a payment beside its LoanRepaid or LoanRecovered, or money taken back out of an earmark. Money drawn on a loan is
/// held under the loan's earmark in this contract until its borrower spends it with a payee. Earmarks belong to a loan and an
/// account: an account bound later gets its own.
interface IDepositToken {
    /// @notice Money drawn on a loan, not yet spent. Fen.
    struct Earmark {
        uint128 remaining;
        uint64 payees; // allowed payee categories, bit mask
        bytes4 purpose;
        uint24 expiry; // last day
        EarmarkMode mode;
    }

    /// @notice A deposit came in from outside.
    event Funded(address indexed account, uint128 amount, uint256 supply, uint24 valueDate, uint32 person);
    /// @notice A deposit was paid out.
    event Redeemed(address indexed account, uint128 amount, uint256 supply, uint24 valueDate, uint32 person);
    /// @notice A drawdown was credited under its earmark.
    event DrawdownCredited(uint64 indexed loanId, address indexed borrower, uint128 amount, uint128 remaining, uint64 payees, bytes4 purpose, uint24 expiry, uint8 mode);
    /// @notice Earmarked money was spent with a payee.
    event EarmarkSpent(
        uint64 indexed loanId, address indexed borrower, address indexed payee, uint128 amount, uint128 remaining
    );
    /// @notice What was left of an earmark after its expiry went back: `returned` to the bank, `freed` to the borrower.
    event EarmarkReturned(uint64 indexed loanId, address indexed borrower, uint128 returned, uint128 freed);
    /// @notice A drawdown was taken back out of its earmark.
    event DrawdownReversed(uint64 indexed loanId, address indexed borrower, uint128 amount, uint128 remaining);
    /// @notice Supply at the close of a business day.
    event SupplyClosed(uint24 indexed businessDate, uint256 supply, uint128 earmarked);

    /// @notice Thrown when an earmark has not enough left.
    error DepositToken_EarmarkExceeded(uint64 loanId, uint128 remaining, uint128 amount);
    /// @notice Thrown when an account has nothing earmarked under a loan.
    error DepositToken_NoEarmark(uint64 loanId, address account);
    /// @notice Thrown when an earmark has expired.
    error DepositToken_EarmarkExpired(uint64 loanId, uint24 expiry, uint24 businessDate);
    /// @notice Thrown when an earmark is returned before its expiry.
    error DepositToken_EarmarkNotExpired(uint64 loanId, uint24 expiry, uint24 businessDate);
    /// @notice Thrown when an earmark would pass 2^47 - 1 fen or its expiry the year 2149.
    error DepositToken_EarmarkInvalid(uint64 loanId, uint256 amount, uint24 expiry);
    /// @notice Thrown when an amount is zero.
    error DepositToken_ZeroAmount();
    /// @notice Thrown when a deposit account, or where a transfer goes, is the zero address or this contract.
    error DepositToken_AccountInvalid(address account);

    /// @notice Credit money that came in from outside. Only treasurers.
    function fund(address account, uint128 amount) external;
    /// @notice Pay a deposit out. Only the depositor.
    function redeem(uint128 amount) external;
    /// @notice Credit a drawdown under its earmark. Only the loan book. A later drawdown's payees, expiry and mode hold for
    /// all that remains; a zero purpose keeps the first one's.
    function creditDrawdown(LoanId loanId, address borrower, uint128 amount, uint64 payees, bytes4 purpose, uint24 expiry, EarmarkMode mode) external;
    /// @notice Burn a payment on a loan from a payer's free deposit. Only the loan book, for its caller.
    function burnPayment(address payer, uint128 amount) external;
    /// @notice Take a drawdown back that is reversed: burns from the earmark. Only the loan book.
    function reverseDrawdown(LoanId loanId, address borrower, uint128 amount) external;
    /// @notice Close an expired earmark: up to `most` is burned for the loan, the rest becomes the borrower's free deposit.
    /// Only the loan book.
    function returnEarmark(LoanId loanId, address borrower, uint128 most) external returns (uint128 returned);
    /// @notice Give a reversed payment back to its payer. Only the loan book.
    function reversePayment(address payer, uint128 amount) external;
    /// @notice Spend earmarked money with a payee. Only the borrower. Returns false, moving nothing, where the
    /// product blocks a diversion; the diversion is recorded either way.
    function spend(LoanId loanId, address payee, uint128 amount) external returns (bool moved);

    /// @return What a borrower's account has earmarked under a loan.
    function earmarkOf(LoanId loanId, address borrower) external view returns (Earmark memory);
    /// @return The sum of all earmarks.
    function earmarked() external view returns (uint128);
}
