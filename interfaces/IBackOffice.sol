// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, LoanId} from "../contracts/types/Ids.sol";
import {ILoanBook} from "./ILoanBook.sol";

/// @title The rarer acts and the views of the loan book
/// @notice Called at the loan book's own address: what LoanBook does not know itself it runs as BackOffice's code, on its
/// own storage. Events, errors and structs are ILoanBook's.
interface IBackOffice {
    // ---------------------------------------------------------------- quality
    /// @notice Declare default, by a `DefaultTrigger`. Only risk officers.
    function declareDefault(LoanId loanId, uint8 trigger) external;
    /// @notice Return a defaulted loan to Active; nothing may be due. Only risk officers.
    function cure(LoanId loanId) external;
    /// @notice Propose to write off principal and interest, each up to an amount. Only risk officers.
    function proposeWriteOff(LoanId loanId, uint128 principal, uint128 interest) external;
    /// @notice Write off what another proposed, as far as it is still owed: payments in between leave less and never stand in the
    /// way. With the last principal goes all that is owed. Only approvers.
    function writeOff(LoanId loanId, uint128 principal, uint128 interest, uint24 valueDate) external;
    /// @notice Book money received on a written-off claim. Only collectors.
    function recover(LoanId loanId, uint128 amount, uint24 valueDate) external;
    /// @notice Tell the collateral and guarantee registries how a loan stands, so that liens and guarantees can be
    /// released. Anyone.
    function announce(LoanId loanId) external;

    // ---------------------------------------------------------------- corrections
    /// @notice Propose one posting, or one batch, with a past value date. Only collectors or treasurers. A posting is bound by
    /// loan, account and date, not by amount or act; a batch by its payments.
    /// @param posting `postingHash` of the loan and of the account that will post, or `batchHash` of the payments.
    function proposeBackValue(bytes32 posting, uint24 valueDate) external;
    /// @notice Allow what another proposed, once. Only approvers.
    function authoriseBackValue(bytes32 posting, uint24 valueDate) external;
    /// @notice Propose the reversal of a payment, drawdown or charge. Only collectors or treasurers.
    function proposeReversal(ILoanBook.Reversal calldata reversal) external;
    /// @notice Reverse what another proposed. Only approvers.
    function reverse(ILoanBook.Reversal calldata reversal) external;

    // ---------------------------------------------------------------- opening book
    /// @notice Record loans of an opening book. Only loan officers, under a released import.
    function importLoans(uint32 importId, ILoanBook.ImportedLoan[] calldata rows) external;

    // ---------------------------------------------------------------- views
    /// @return The loan as stored.
    function loanOf(LoanId loanId) external view returns (ILoanBook.Loan memory);
    /// @return The loan as it would stand at a value date on or after its last posting: due dates passed, interest accrued.
    function preview(LoanId loanId, uint24 valueDate) external view returns (ILoanBook.Loan memory);
    /// @return What must be paid at a value date to close the loan, in fen.
    function payoff(LoanId loanId, uint24 valueDate) external view returns (uint128);
    /// @return customer Whose loan it is, zero for an unknown one.
    /// @return inDefault Whether it is in default, or written off with the claim living on.
    /// @return claim All that is owed on the business day, with what was written off, in fen; no fee for paying early.
    function claimOf(LoanId loanId) external view returns (CustomerId customer, bool inDefault, uint128 claim);
    /// @return The name of an account's next posting on a loan, for back-valuing it.
    function postingHash(LoanId loanId, address account) external pure returns (bytes32);
    /// @return The name of a batch of payments, for back-valuing it.
    function batchHash(ILoanBook.Payment[] calldata payments) external pure returns (bytes32);
    /// @return An instalment that fell due and was not paid in the same posting: its day, principal and interest in fen.
    function obligationOf(LoanId loanId, uint16 instalment) external view returns (uint24, uint128, uint128);
    /// @return Whether a posting was reversed.
    function isReversed(LoanId loanId, uint16 posting) external view returns (bool);
    /// @return maker Who proposed an act that takes two persons, by the hash told in `Proposed`; zero where it was done or never
    /// proposed. New terms are told by `agreementOf`.
    /// @return madeOn The day. It may be done up to 30 days later.
    function proposalOf(bytes32 proposal) external view returns (uint32 maker, uint24 madeOn);
    /// @return The id of an imported loan: the low 63 bits of keccak256(externalRef) with the top bit set.
    function loanIdOf(bytes32 externalRef) external pure returns (LoanId);
    /// @notice The contract that knows the calls which the back office does not.
    function workout() external view returns (address);
}
