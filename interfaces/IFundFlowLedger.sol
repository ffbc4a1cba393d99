// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {EarmarkMode} from "../contracts/types/Enums.sol";
import {LoanId} from "../contracts/types/Ids.sol";

/// @title Where loan money goes
/// @notice Each movement of loan money, with its purpose. The first movement is recorded by the deposit token as it
/// happens, and the token's earmark bounds it by what was drawn; what lies beyond the first payee is posted by data providers as a fact.
interface IFundFlowLedger {
    /// @notice What is known of a loan's money, in fen.
    struct Trace {
        uint128 spent; // left the earmark for a first payee
        uint128 diverted; // of which to payees the earmark does not allow
        uint128 onward; // recorded beyond the first payee
        uint16 diversions; // times flagged
    }

    /// @notice A payee's category was set (0-63; zero is unknown).
    event PayeeClassified(address indexed payee, uint8 indexed category, uint8 previous, uint32 person);
    /// @notice Loan money moved. `hop` is 1 for the first payee, more beyond.
    /// @param allowed Whether the earmark allows the first payee; true beyond it.
    event FlowRecorded(
        uint64 indexed loanId, address indexed to, address from, uint128 amount, bytes4 purpose, uint8 category, uint8 hop, bool allowed, uint24 valueDate
    );
    /// @notice Loan money went, or was about to go, where it should not. `blocked` tells that it did not move.
    /// @param allowed Bit mask of the payee categories that the earmark allows.
    event DiversionDetected(uint64 indexed loanId, address indexed payee, uint128 amount, uint8 category, uint64 allowed, bool blocked, uint24 valueDate);
    /// @notice Totals at the close of a business day.
    event FlowsClosed(uint24 indexed businessDate, uint128 spent, uint128 diverted);

    /// @notice Thrown when a category is above 63.
    error FundFlowLedger_CategoryInvalid(uint8 category);
    /// @notice Thrown when money of a loan that was not drawn is traced.
    error FundFlowLedger_NothingDrawn(uint64 loanId);
    /// @notice Thrown when more is traced than was drawn or came to an account.
    error FundFlowLedger_TraceExceeded(uint64 loanId, uint128 traced, uint128 amount, uint128 available);
    /// @notice Thrown when a hop is below 2, or skips one that was never recorded.
    error FundFlowLedger_HopInvalid(uint8 hop);

    /// @notice Set a payee's category. Only data providers.
    function classifyPayee(address payee, uint8 category) external;
    /// @notice Judge and record the first movement. Only the deposit token.
    /// @return allowed Whether the money may move.
    function firstPayee(LoanId loanId, address from, address payee, uint128 amount, uint64 payees, bytes4 purpose, EarmarkMode mode) external returns (bool allowed);
    /// @notice Record a movement beyond the first payee as a fact. Only data providers. All that is recorded up to hop n is at
    /// most n - 1 times what the first payees received.
    function recordFlow(LoanId loanId, address from, address to, uint128 amount, bytes4 purpose, uint8 hop) external;

    /// @return The trace of a loan.
    function traceOf(LoanId loanId) external view returns (Trace memory);
    /// @return The category of a payee.
    function categoryOf(address payee) external view returns (uint8);
}
