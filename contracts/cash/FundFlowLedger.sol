// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IFundFlowLedger} from "../../interfaces/IFundFlowLedger.sol";
import {Governed} from "../governance/Governed.sol";
import {EarmarkMode, Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";

/// @dev See IFundFlowLedger.
contract FundFlowLedger is Governed, IFundFlowLedger {
    uint8 private constant MAX_CATEGORY = 63;

    struct StoredTrace {
        uint72 spent;
        uint72 diverted;
        uint72 onward;
        uint16 diversions;
        uint8 depth; // highest hop recorded beyond the first, zero for none
    }

    // slot 1, beside the business day
    uint88 private _spent;
    uint88 private _diverted;

    mapping(LoanId => StoredTrace) private _traces;
    mapping(address payee => uint8 category) private _categories;

    constructor(address authority_) Governed(authority_) {}

    // ------------------------------------------------------------------ payees
    /// @inheritdoc IFundFlowLedger
    function classifyPayee(address payee, uint8 category) external {
        PersonId person = _only(Role.DataProvider);
        if (category > MAX_CATEGORY) revert FundFlowLedger_CategoryInvalid(category);
        uint8 previous = _categories[payee];
        _categories[payee] = category;
        emit PayeeClassified(payee, category, previous, PersonId.unwrap(person));
    }

    // ------------------------------------------------------------------ first payee
    /// @inheritdoc IFundFlowLedger
    function firstPayee(
        LoanId loanId, address from, address payee, uint128 amount, uint64 payees, bytes4 purpose, EarmarkMode mode
    ) external returns (bool allowed) {
        _only(Role.Token);
        uint8 category = _categories[payee];
        bool intended = payees & (uint64(1) << category) != 0;
        allowed = intended || mode == EarmarkMode.Flag;
        _trace(loanId, amount, intended, allowed);
        uint64 id = LoanId.unwrap(loanId);
        if (allowed) emit FlowRecorded(id, payee, from, amount, purpose, category, 1, intended, _today());
        if (!intended) emit DiversionDetected(id, payee, amount, category, payees, !allowed, _today());
    }

    function _trace(LoanId loanId, uint128 amount, bool intended, bool moves) private {
        StoredTrace memory trace = _traces[loanId];
        if (moves) {
            trace.spent += uint72(amount);
            _spent += uint88(amount);
        }
        if (!intended) {
            if (trace.diversions != type(uint16).max) ++trace.diversions;
            if (moves) {
                trace.diverted += uint72(amount);
                _diverted += uint88(amount);
            }
        }
        _traces[loanId] = trace;
    }

    // ------------------------------------------------------------------ beyond
    /// @inheritdoc IFundFlowLedger
    function recordFlow(LoanId loanId, address from, address to, uint128 amount, bytes4 purpose, uint8 hop) external {
        _only(Role.DataProvider);
        uint24 today = _postingDay();
        _goOn(loanId, amount, hop);
        emit FlowRecorded(LoanId.unwrap(loanId), to, from, amount, purpose, _categories[to], hop, true, today);
    }

    /// @dev Count money that goes on: never a hop whose forerunner is unknown, nor more than came.
    function _goOn(LoanId loanId, uint256 amount, uint8 hop) private {
        StoredTrace storage trace = _traces[loanId];
        (uint256 spent, uint256 onward, uint8 depth) = (trace.spent, trace.onward, trace.depth);
        uint64 id = LoanId.unwrap(loanId);
        if (spent == 0) revert FundFlowLedger_NothingDrawn(id);
        if (hop < 2 || (hop > 2 && hop > depth + 1)) revert FundFlowLedger_HopInvalid(hop);
        if (onward + amount > spent * (hop - 1)) {
            revert FundFlowLedger_TraceExceeded(id, uint128(onward), uint128(amount), uint128(spent));
        }
        trace.onward = uint72(onward + amount);
        if (hop > depth) trace.depth = hop;
    }

    // ------------------------------------------------------------------ totals
    function _closeDay(uint24 businessDate) internal override {
        emit FlowsClosed(businessDate, _spent, _diverted);
    }

    /// @inheritdoc IFundFlowLedger
    function traceOf(LoanId loanId) external view returns (Trace memory) {
        StoredTrace memory t = _traces[loanId];
        return Trace({spent: t.spent, diverted: t.diverted, onward: t.onward, diversions: t.diversions});
    }

    /// @inheritdoc IFundFlowLedger
    function categoryOf(address payee) external view returns (uint8) {
        return _categories[payee];
    }
}
