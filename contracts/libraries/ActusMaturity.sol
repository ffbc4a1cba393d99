// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Cycle, Series, YearBasis} from "../types/ActusTypes.sol";
import {ABSENT, ActusTerms, ContractKind, Segment} from "../types/ActusTerms.sol";
import {DayCounts} from "./DayCounts.sol";
import {Schedule} from "./Schedule.sol";

/// @title When a contract ends, and the payment times that follow from it
library ActusMaturity {
    using Schedule for uint256;

    int256 private constant WAD = 1e18;
    uint256 private constant MAX_PAYMENTS = 5_000;

    /// @notice Thrown when a contract without an end is projected without a horizon.
    error Actus_NoHorizon(ContractKind kind);
    /// @notice Thrown when the agreed payments never repay the principal.
    error Actus_NeverRepaid(ContractKind kind);

    /// @notice The end of a contract: agreed, called, or the day on which the agreed payments have repaid it.
    /// @return Zero for a contract without end (UMP).
    function maturity(ActusTerms memory terms, uint256 called, uint256 until) internal pure returns (uint256) {
        ContractKind kind = terms.kind;
        if (terms.maturity != 0) return terms.maturity;
        if (called == 0 && until == 0 && (kind == ContractKind.CLM || kind == ContractKind.UMP)) {
            revert Actus_NoHorizon(kind);
        }
        if (kind == ContractKind.UMP) return 0;
        if (kind == ContractKind.CLM) return called == 0 ? until : Schedule.step(called, terms.notice, 1, false);
        if (kind == ContractKind.ANN && terms.amortization != 0) return terms.amortization;
        if (kind == ContractKind.LAX) return _exhausted(terms);
        return _repaid(terms);
    }

    /// @notice The series with its default anchor, one cycle after the start of the contract.
    function anchored(ActusTerms memory terms, Series memory series) internal pure returns (Series memory) {
        if (series.anchor != 0 || !Schedule.repeats(series.cycle)) return series;
        return Series(uint40(Schedule.step(terms.start, series.cycle, 1, terms.endOfMonth)), series.cycle);
    }

    /// @notice Principal payment times up to an end, which is the last of them.
    function principalTimes(ActusTerms memory terms, uint256 end) internal pure returns (uint256[] memory) {
        return Schedule.times(anchored(terms, terms.principal), end, terms.endOfMonth);
    }

    /// @notice Interest payment times. NAM and ANN pay interest by its own cycle until one principal cycle
    /// before the first principal payment, then with the principal (ACTUS, IP schedule of NAM).
    function interestTimes(ActusTerms memory terms, uint256 stop) internal pure returns (uint256[] memory list) {
        Series memory series = anchored(terms, terms.interest);
        if (terms.kind != ContractKind.NAM && terms.kind != ContractKind.ANN) {
            list = Schedule.times(series, stop, terms.endOfMonth);
            if (list.length != 0) return list;
            list = new uint256[](1);
            list[0] = stop;
            return list;
        }
        Series memory principal = anchored(terms, terms.principal);
        list = Schedule.times(principal, stop, terms.endOfMonth);
        uint256 graceEnd = Schedule.step(principal.anchor, principal.cycle, -1, terms.endOfMonth);
        if (series.anchor == 0 || series.anchor > graceEnd) return list;
        return _joined(Schedule.times(series, graceEnd, terms.endOfMonth), list);
    }

    /// @notice Payment times still to come, the end included, among which a linear contract shares its principal.
    function paymentsLeft(ActusTerms memory terms, uint256 end) internal pure returns (uint256 left) {
        uint256[] memory list = principalTimes(terms, end);
        uint256 status = Schedule.countedDay(terms.status);
        for (uint256 i; i < list.length; ++i) {
            if (list[i].countedDay() > status) ++left;
        }
        if (left == 0) left = 1;
    }

    /// @dev Two ascending lists; the first ends before the second begins, or where a time is shared.
    function _joined(uint256[] memory early, uint256[] memory late) private pure returns (uint256[] memory list) {
        uint256 count = early.length;
        while (count != 0 && early[count - 1] >= late[0]) --count;
        list = new uint256[](count + late.length);
        for (uint256 i; i < count; ++i) list[i] = early[i];
        for (uint256 i; i < late.length; ++i) list[count + i] = late[i];
    }

    function _repaid(ActusTerms memory terms) private pure returns (uint256) {
        Series memory series = anchored(terms, terms.principal);
        Cycle memory cycle = series.cycle;
        uint256 passed;
        while (Schedule.step(series.anchor, cycle, int256(passed), terms.endOfMonth) < terms.status) ++passed;
        int256 payment = terms.payment;
        if (terms.kind != ContractKind.LAM && terms.rate != ABSENT) {
            uint256 last = passed == 0 ? 0 : passed - 1;
            uint256 from = Schedule.step(series.anchor, cycle, int256(last), terms.endOfMonth);
            uint256 to = Schedule.step(series.anchor, cycle, int256(last + 1), terms.endOfMonth);
            YearBasis basis = YearBasis(terms.basis);
            int256 numerator = DayCounts.numerator(from.countedDay(), to.countedDay(), basis, 0);
            payment -= terms.notional * terms.rate * numerator / (int256(DayCounts.denominator(basis)) * WAD);
        }
        if (payment <= 0) revert Actus_NeverRepaid(terms.kind);
        uint256 payments = uint256((terms.notional + payment - 1) / payment);
        if (payments > MAX_PAYMENTS) revert Actus_NeverRepaid(terms.kind);
        return Schedule.step(series.anchor, cycle, int256(passed + payments - 1), terms.endOfMonth);
    }

    function _exhausted(ActusTerms memory terms) private pure returns (uint256) {
        int256 balance = terms.notional;
        Segment[] memory entries = terms.principalArray;
        for (uint256 i; i < entries.length; ++i) {
            bool last = i + 1 == entries.length;
            if (last && (entries[i].flag || entries[i].amount <= 0)) break;
            uint256 limit = last ? type(uint256).max : entries[i + 1].series.anchor;
            Series memory series = entries[i].series;
            uint256 time = series.anchor;
            for (uint256 count = 1; time < limit; ++count) {
                if (time.countedDay() > Schedule.countedDay(terms.status)) {
                    balance += entries[i].flag ? entries[i].amount : -entries[i].amount;
                }
                if (balance <= 0) return time;
                if (!Schedule.repeats(series.cycle) || count > MAX_PAYMENTS) break;
                time = Schedule.step(series.anchor, series.cycle, int256(count), terms.endOfMonth);
            }
        }
        revert Actus_NeverRepaid(terms.kind);
    }
}
