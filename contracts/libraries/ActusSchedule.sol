// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Series} from "../types/ActusTypes.sol";
import {
    ABSENT, ActusTerms, ContractKind, EventKind, InterestBase, Observations, ObservedEvent, PenaltyKind, Segment
} from "../types/ActusTerms.sol";
import {ActusMaturity} from "./ActusMaturity.sol";
import {Schedule} from "./Schedule.sol";
import {LibSort} from "solady/src/utils/LibSort.sol";

/// @title Contract schedules of ACTUS: which events a contract has, and when
/// @notice An event is one word, so that sorting words sorts events into the order of evaluation:
/// moment shown (40 bits), kind (8), moment due before any shift (40), place of its value (16).
library ActusSchedule {
    using Schedule for uint256;

    uint256 private constant DAY = 1 days;
    uint256 private constant MAX_EVENTS = 8_192;

    /// @notice Thrown when a kind of contract has no unscheduled event of this kind.
    error Actus_UnexpectedEvent(ContractKind kind, EventKind observed);
    /// @notice Thrown when a contract has more events than can be evaluated.
    error Actus_TooManyEvents(uint256 count);

    /// @dev Events found so far, and the amounts and rates that some of them carry; value 0 is zero.
    struct Slots {
        uint256[] words;
        uint256 count;
        int256[] values;
        uint256 valueCount;
        uint256 stop; // the end of cyclic events: maturity, call or the projection's horizon
        uint256 end; // maturity or settlement; zero where there is none
    }

    /// @notice All events of a contract in the order of evaluation, and the values they refer to.
    function slots(ActusTerms memory terms, Observations memory observed, uint256 called, uint256 until)
        internal
        pure
        returns (Slots memory found)
    {
        found.end = ActusMaturity.maturity(terms, called, until);
        found.stop = called != 0 ? called : found.end != 0 ? found.end : until;
        found.words = new uint256[](64);
        found.values = new int256[](
            4 + terms.principalArray.length + terms.resetArray.length + observed.events.length
        );
        found.valueCount = 1;
        _add(found, terms.start, terms.start, EventKind.IED, 0);
        _interest(found, terms);
        _resets(found, terms, false);
        if (terms.fee.rate != 0) _series(found, terms, terms.fee.series, EventKind.FP, found.end != 0);
        if (terms.scaling.interest || terms.scaling.notional) {
            _series(found, terms, terms.scaling.series, EventKind.SC, false);
        }
        _principal(found, terms);
        _prepayments(found, terms, observed);
        _single(found, terms, called);
        found.words = _sorted(found);
    }

    /// @notice Fees and the purchase of a credit enhancement that ends at its maturity, in the order of evaluation.
    function feesAndPurchase(ActusTerms memory terms) internal pure returns (uint256[] memory words) {
        Slots memory found;
        (found.stop, found.end, found.words) = (terms.maturity, terms.maturity, new uint256[](8));
        if (terms.fee.rate != 0) _series(found, terms, terms.fee.series, EventKind.FP, true);
        if (terms.purchase != 0) _add(found, terms.purchase, terms.purchase, EventKind.PRD, 0);
        words = _sorted(found);
    }

    /// @notice The word of an event that carries no value.
    function wordOf(uint256 shown, EventKind kind, uint256 due) internal pure returns (uint256) {
        return shown << 64 | uint256(kind) << 56 | due << 16;
    }

    /// @notice The moment at which an event shows.
    function shownOf(uint256 word) internal pure returns (uint256) {
        return word >> 64;
    }

    /// @notice The kind of an event.
    function kindOf(uint256 word) internal pure returns (EventKind) {
        return EventKind(uint8(word >> 56));
    }

    /// @notice The moment at which an event was due before any shift.
    function dueOf(uint256 word) internal pure returns (uint256) {
        return uint40(word >> 16);
    }

    /// @notice The amount or rate that an event carries.
    function valueOf(Slots memory found, uint256 word) internal pure returns (int256) {
        return found.values[uint16(word)];
    }

    /// @notice When the payment of an annuity without an agreed one is fixed: the day before the first.
    function firstFixing(ActusTerms memory terms) internal pure returns (uint256) {
        return ActusMaturity.anchored(terms, terms.principal).anchor - DAY;
    }

    function _sorted(Slots memory found) private pure returns (uint256[] memory words) {
        uint256 count = found.count;
        words = found.words;
        // Shortening only: `count` words were written.
        assembly ("memory-safe") {
            mstore(words, count)
        }
        LibSort.sort(words);
    }

    function _add(Slots memory found, uint256 shown, uint256 due, EventKind kind, uint256 value) private pure {
        uint256 length = found.words.length;
        if (found.count == length) {
            if (length == MAX_EVENTS) revert Actus_TooManyEvents(length);
            uint256[] memory grown = new uint256[](length * 2);
            for (uint256 i; i < length; ++i) grown[i] = found.words[i];
            found.words = grown;
        }
        found.words[found.count++] = wordOf(shown, kind, due) | value;
    }

    function _keep(Slots memory found, int256 value) private pure returns (uint256 place) {
        place = found.valueCount++;
        found.values[place] = value;
    }

    /// @dev A cyclic time moved to a business day; an agreed end is a date by itself and stays, a derived one moves.
    function _shown(ActusTerms memory terms, uint256 time, uint256 stop) private pure returns (uint256) {
        bool agreed = terms.maturity != 0 || terms.amortization != 0 || terms.kind == ContractKind.CLM;
        return time == stop && agreed ? time : time.shifted(terms.shift, terms.weekdaysOnly);
    }

    function _cyclic(Slots memory found, ActusTerms memory terms, uint256 due, EventKind kind, uint256 value)
        private
        pure
    {
        _add(found, _shown(terms, due, found.stop), due, kind, value);
    }

    function _series(Slots memory found, ActusTerms memory terms, Series memory series, EventKind kind, bool last)
        private
        pure
    {
        series = ActusMaturity.anchored(terms, series);
        uint256[] memory list = Schedule.times(series, found.stop, terms.endOfMonth);
        if (list.length == 0) return;
        uint256 count = last ? list.length : list.length - 1;
        for (uint256 i; i < count; ++i) _cyclic(found, terms, list[i], kind, 0);
    }

    function _segments(Slots memory found, ActusTerms memory terms, Segment[] memory entries, EventKind[2] memory kinds)
        private
        pure
    {
        for (uint256 i; i < entries.length; ++i) {
            uint256 limit = found.stop;
            if (i + 1 < entries.length && entries[i + 1].series.anchor < limit) limit = entries[i + 1].series.anchor;
            uint256[] memory list = Schedule.times(entries[i].series, limit, terms.endOfMonth);
            uint256 value = kinds[0] == EventKind.IP ? 0 : _keep(found, entries[i].amount);
            for (uint256 j; j + 1 < list.length; ++j) _cyclic(found, terms, list[j], kinds[entries[i].flag ? 1 : 0], value);
        }
    }

    function _interest(Slots memory found, ActusTerms memory terms) private pure {
        if (terms.kind == ContractKind.CLM || terms.kind == ContractKind.UMP) {
            if (terms.rate != ABSENT) _series(found, terms, terms.interest, EventKind.IPCI, false);
            if (found.end != 0) _add(found, found.end, found.end, EventKind.IP, 0);
            return;
        }
        if (terms.rate == ABSENT) return;
        if (terms.kind == ContractKind.LAX && terms.interestArray.length != 0) {
            uint256 before = found.count;
            _segments(found, terms, terms.interestArray, [EventKind.IP, EventKind.IP]);
            _cyclic(found, terms, found.stop, EventKind.IP, 0);
            _capitalise(found, terms, before);
            return;
        }
        uint256 first = found.count;
        uint256[] memory list = ActusMaturity.interestTimes(terms, found.stop);
        for (uint256 i; i < list.length; ++i) _cyclic(found, terms, list[i], EventKind.IP, 0);
        _capitalise(found, terms, first);
    }

    /// @dev Interest due up to the end of capitalisation is added to the notional, and so is what is due on it.
    function _capitalise(Slots memory found, ActusTerms memory terms, uint256 first) private pure {
        uint256 limit = terms.capitalizationEnd;
        if (limit == 0) return;
        bool atLimit;
        for (uint256 i = first; i < found.count; ++i) {
            uint256 word = found.words[i];
            uint256 due = dueOf(word);
            if (due > limit) continue;
            if (due == limit) (atLimit, word) = (true, limit << 64 | due << 16);
            found.words[i] = (word & ~(uint256(0xff) << 56)) | uint256(EventKind.IPCI) << 56;
        }
        if (!atLimit && limit <= found.stop) _add(found, limit, limit, EventKind.IPCI, 0);
    }

    function _resets(Slots memory found, ActusTerms memory terms, bool asFixings) private pure {
        uint256 first = found.count;
        if (terms.kind == ContractKind.LAX && terms.resetArray.length != 0) {
            _segments(found, terms, terms.resetArray, [EventKind.RR, EventKind.RRF]);
            return;
        }
        _series(found, terms, terms.reset.series, asFixings ? EventKind.PRF : EventKind.RR, false);
        if (asFixings) return;
        uint256 spread = _keep(found, terms.reset.spread);
        for (uint256 i = first; i < found.count; ++i) found.words[i] |= spread;
        if (terms.reset.next == ABSENT) return;
        for (uint256 i = first; i < found.count; ++i) {
            if (shownOf(found.words[i]) <= terms.status) continue;
            (uint256 shown, uint256 due) = (shownOf(found.words[i]), dueOf(found.words[i]));
            found.words[i] = shown << 64 | uint256(EventKind.RRF) << 56 | due << 16 | _keep(found, terms.reset.next);
            return;
        }
    }

    function _principal(Slots memory found, ActusTerms memory terms) private pure {
        if (terms.kind == ContractKind.LAX) {
            _segments(found, terms, terms.principalArray, [EventKind.PR, EventKind.PI]);
        } else if (terms.kind >= ContractKind.LAM && terms.kind <= ContractKind.ANN) {
            _series(found, terms, terms.principal, EventKind.PR, false);
        } else {
            return;
        }
        if (terms.base.base == InterestBase.NTL) _series(found, terms, terms.base.series, EventKind.IPCB, false);
        if (terms.kind != ContractKind.ANN) return;
        _resets(found, terms, true);
        if (terms.payment != ABSENT) return;
        uint256 dayBefore = firstFixing(terms);
        _add(found, dayBefore, dayBefore, EventKind.PRF, 0);
    }

    function _prepayments(Slots memory found, ActusTerms memory terms, Observations memory observed) private pure {
        uint256 first = found.count;
        _series(found, terms, terms.prepayment.series, EventKind.PP, false);
        for (uint256 i; i < observed.events.length; ++i) {
            ObservedEvent memory seen = observed.events[i];
            _checkKind(terms.kind, seen.kind);
            if (seen.kind == EventKind.XD) continue;
            _add(found, seen.moment, seen.moment, seen.kind, _keep(found, seen.amount));
        }
        if (terms.prepayment.penalty == PenaltyKind.O) return;
        uint256 count = found.count;
        for (uint256 i = first; i < count; ++i) {
            uint256 word = found.words[i];
            if (kindOf(word) == EventKind.PP) _add(found, shownOf(word), dueOf(word), EventKind.PY, 0);
        }
    }

    function _checkKind(ContractKind kind, EventKind seen) private pure {
        if (kind == ContractKind.CLM) {
            if (seen == EventKind.XD) return;
        } else if (seen == EventKind.PP || (kind == ContractKind.UMP && (seen == EventKind.PR || seen == EventKind.PI))) {
            return;
        }
        revert Actus_UnexpectedEvent(kind, seen);
    }

    function _single(Slots memory found, ActusTerms memory terms, uint256 called) private pure {
        if (called != 0) _add(found, called, called, EventKind.XD, 0);
        if (found.end != 0) {
            EventKind last = called == 0 ? EventKind.MD : EventKind.STD;
            _add(found, _shown(terms, found.end, found.end), found.end, last, 0);
        }
        if (terms.purchase != 0) _add(found, terms.purchase, terms.purchase, EventKind.PRD, 0);
        if (terms.termination != 0) _add(found, terms.termination, terms.termination, EventKind.TD, 0);
    }
}
