// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Series, YearBasis} from "../types/ActusTypes.sol";
import {ABSENT, ActusTerms, ContractKind, Segment} from "../types/ActusTerms.sol";
import {Schedule} from "./Schedule.sol";

/// @title Terms within which a contract makes sense
library ActusChecks {
    int256 private constant MAX_NOTIONAL = 1e34;
    int256 private constant MAX_RATE = 1e19;

    /// @notice Thrown when a credit enhancement is given where only a loan can be.
    error Actus_NotALoan(ContractKind kind);
    /// @notice Thrown when the notional is zero, negative or beyond ten quadrillion units.
    error Actus_BadNotional(int256 notional);
    /// @notice Thrown when a rate or spread is above 1,000 % a year, either way.
    error Actus_BadRate(int256 rate);
    /// @notice Thrown when no day-count convention has this number.
    error Actus_UnknownDayCount(uint256 basis);
    /// @notice Thrown when a maturity or amortisation date is not after the start.
    error Actus_MaturityBeforeStart(uint256 maturity, uint256 start);
    /// @notice Thrown when neither a maturity nor the terms to derive it from are given.
    error Actus_NoMaturity(ContractKind kind);
    /// @notice Thrown when an amortising contract has no cycle of principal payments.
    error Actus_NoPrincipalCycle(ContractKind kind);
    /// @notice Thrown when the first payment by a cycle would come after the end of the contract.
    error Actus_CycleLongerThanLoan(uint256 firstTime, uint256 maturity);
    /// @notice Thrown when a cap lies below its floor.
    error Actus_CapBelowFloor(int256 cap, int256 floor);
    /// @notice Thrown when the index that scaling divides by is zero.
    error Actus_NoScalingIndex();
    /// @notice Thrown when the anchors of an array schedule do not ascend.
    error Actus_ArrayNotAscending(uint256 anchor, uint256 following);

    /// @notice Refuses terms that describe no loan.
    function check(ActusTerms memory terms) internal pure {
        if (terms.kind > ContractKind.CLM) revert Actus_NotALoan(terms.kind);
        checkNotional(terms.notional);
        checkBasis(terms.basis);
        checkRate(terms.rate);
        checkRate(terms.reset.spread);
        checkRate(terms.reset.next);
        if (terms.reset.lifeCap < terms.reset.lifeFloor) {
            revert Actus_CapBelowFloor(terms.reset.lifeCap, terms.reset.lifeFloor);
        }
        if (terms.reset.periodCap < terms.reset.periodFloor) {
            revert Actus_CapBelowFloor(terms.reset.periodCap, terms.reset.periodFloor);
        }
        if (terms.scaling.start == 0) revert Actus_NoScalingIndex();
        _checkEnd(terms);
        _checkArray(terms.principalArray);
        _checkArray(terms.interestArray);
        _checkArray(terms.resetArray);
    }

    function checkNotional(int256 notional) internal pure {
        if (notional <= 0 || notional > MAX_NOTIONAL) revert Actus_BadNotional(notional);
    }

    function checkBasis(uint8 basis) internal pure {
        if (basis > uint8(type(YearBasis).max)) revert Actus_UnknownDayCount(basis);
    }

    function checkRate(int256 rate) internal pure {
        if (rate != ABSENT && (rate > MAX_RATE || rate < -MAX_RATE)) revert Actus_BadRate(rate);
    }

    function _checkEnd(ActusTerms memory terms) private pure {
        (uint256 end, uint256 start, ContractKind kind) = (terms.maturity, terms.start, terms.kind);
        if (end != 0 && end <= start) revert Actus_MaturityBeforeStart(end, start);
        if (terms.amortization != 0 && terms.amortization <= start) {
            revert Actus_MaturityBeforeStart(terms.amortization, start);
        }
        bool amortises = kind == ContractKind.LAM || kind == ContractKind.NAM || kind == ContractKind.ANN;
        if (amortises && !Schedule.repeats(terms.principal.cycle)) revert Actus_NoPrincipalCycle(kind);
        bool derived = amortises && (terms.payment != ABSENT || (kind == ContractKind.ANN && terms.amortization != 0));
        if (end == 0 && !derived && (amortises || kind == ContractKind.PAM)) revert Actus_NoMaturity(kind);
        if (kind == ContractKind.LAX && terms.principalArray.length == 0) revert Actus_NoPrincipalCycle(kind);
        if (end == 0 || kind == ContractKind.CLM || kind == ContractKind.UMP) return;
        _checkCycle(terms.interest, start, end);
        _checkCycle(terms.principal, start, end);
    }

    function _checkCycle(Series memory series, uint256 start, uint256 end) private pure {
        if (!Schedule.repeats(series.cycle) || series.anchor > start) return;
        uint256 first = Schedule.step(start, series.cycle, 1, false);
        if (Schedule.countedDay(first) > Schedule.countedDay(end)) revert Actus_CycleLongerThanLoan(first, end);
    }

    function _checkArray(Segment[] memory entries) private pure {
        for (uint256 i = 1; i < entries.length; ++i) {
            (uint256 anchor, uint256 following) = (entries[i - 1].series.anchor, entries[i].series.anchor);
            if (anchor >= following) revert Actus_ArrayNotAscending(anchor, following);
        }
    }
}
