// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {CreditEvent, Covered, Enhancement, EnhancementFlow} from "../types/ActusEnhancementTerms.sol";
import {ABSENT, ActusTerms, EventKind} from "../types/ActusTerms.sol";
import {Series} from "../types/ActusTypes.sol";
import {ActusEnhancementChecks} from "./ActusEnhancementChecks.sol";
import {ActusEvents} from "./ActusEvents.sol";
import {ActusExposure} from "./ActusExposure.sol";
import {ActusMaturity} from "./ActusMaturity.sol";
import {ActusSchedule} from "./ActusSchedule.sol";
import {Schedule} from "./Schedule.sol";

/// @title Cash flows of a guarantee (CEG) or a collateral (CEC)
/// @notice The first credit event of a covered contract exercises the enhancement for all of them; it is settled a
/// period later and has ended. Without one it ends at its maturity, and nothing is paid.
library ActusEnhancement {
    using Schedule for uint256;

    /// @dev The events to come, and the state while they are played.
    struct Course {
        uint256[] words;
        int256[] amounts; // covered at each event that looks it up
        uint256 looked; // how many did
        ActusEvents.State state;
        uint256 exerciseDate;
        int256 exerciseAmount;
    }

    /// @notice The events of a credit enhancement from its status date to its end.
    /// @param until last moment to project; zero: to the end.
    function project(Enhancement memory given, uint256 until) external pure returns (EnhancementFlow[] memory flows) {
        ActusEnhancementChecks.check(given);
        ActusTerms memory own = given.own;
        own.maturity = uint40(ActusExposure.maturity(given, until));
        Course memory course;
        uint256 exercise = _exercised(given);
        course.words = _words(own, exercise, until);
        course.amounts = ActusExposure.amounts(given, until, _moments(own, course.words));
        _open(course, given, exercise);
        flows = new EnhancementFlow[](course.words.length);
        for (uint256 i; i < flows.length; ++i) flows[i] = _play(course, given, course.words[i]);
    }

    /*//////////////////////////////////////////////////////////////
                                 SCHEDULE
    //////////////////////////////////////////////////////////////*/

    /// @dev The exercise that the terms state, or the first credit event covered: after the status date, not before
    /// the purchase, and before the end. Zero where there is none.
    function _exercised(Enhancement memory given) private pure returns (uint256 moment) {
        if (given.exerciseDate != 0) return given.exerciseDate;
        ActusTerms memory own = given.own;
        uint256 first = FixedPointMathLib.max(Schedule.countedDay(own.status) + 1, Schedule.countedDay(own.purchase));
        uint256 end = _end(own).countedDay();
        for (uint256 i; i < given.events.length; ++i) {
            CreditEvent memory seen = given.events[i];
            uint256 day = Schedule.countedDay(seen.moment);
            if (day < first || day >= end || (moment != 0 && seen.moment >= moment)) continue;
            bool listed = given.creditEvents >> uint8(seen.performance) & 1 == 1;
            if (listed && _covers(given.covered, seen.id)) moment = seen.moment;
        }
    }

    function _covers(Covered[] memory covered, bytes32 id) private pure returns (bool) {
        for (uint256 i; i < covered.length; ++i) {
            if (covered[i].id == id) return true;
        }
        return false;
    }

    function _end(ActusTerms memory own) private pure returns (uint256) {
        bool early = own.termination != 0 && own.termination < own.maturity;
        return early ? own.termination : own.maturity;
    }

    /// @dev Fees and purchase up to the end or exercise, then what ends the enhancement; none after `until`.
    function _words(ActusTerms memory own, uint256 exercise, uint256 until) private pure returns (uint256[] memory words) {
        uint256[] memory before = ActusSchedule.feesAndPurchase(own);
        uint256 end = exercise != 0 ? exercise : _end(own);
        words = new uint256[](before.length + 2);
        uint256 count;
        for (uint256 i; i < before.length; ++i) {
            uint256 day = ActusSchedule.shownOf(before[i]).countedDay();
            // What was paid before the purchase was another's.
            bool kept = day >= Schedule.countedDay(own.purchase) && day <= end.countedDay();
            if (kept && _projected(own, day, until)) words[count++] = before[i];
        }
        uint256[2] memory last = _last(own, exercise, end);
        for (uint256 i; i < 2; ++i) {
            bool given = last[i] != 0;
            if (given && _projected(own, ActusSchedule.shownOf(last[i]).countedDay(), until)) words[count++] = last[i];
        }
        // Shortening only: `count` words were written.
        assembly ("memory-safe") {
            mstore(words, count)
        }
    }

    function _projected(ActusTerms memory own, uint256 day, uint256 until) private pure returns (bool) {
        return day > Schedule.countedDay(own.status) && (until == 0 || day <= until.countedDay());
    }

    /// @dev Exercise and settlement, or the end. A settlement moved to a business day never precedes its exercise.
    function _last(ActusTerms memory own, uint256 exercise, uint256 end) private pure returns (uint256[2] memory words) {
        if (exercise == 0) {
            words[0] = ActusSchedule.wordOf(end, end == own.maturity ? EventKind.MD : EventKind.TD, end);
            return words;
        }
        uint256 due = Schedule.step(exercise, own.notice, 1, false);
        uint256 shown = FixedPointMathLib.max(due.shifted(own.shift, own.weekdaysOnly), exercise);
        words[0] = ActusSchedule.wordOf(exercise, EventKind.XD, exercise);
        words[1] = ActusSchedule.wordOf(shown, EventKind.STD, due);
    }

    /// @dev The moments at which what is covered is looked up: the status date, where a fee accrues from it, and all
    /// events but the last.
    function _moments(ActusTerms memory own, uint256[] memory words) private pure returns (uint256[] memory moments) {
        moments = new uint256[](words.length + 1);
        uint256 count;
        if (_accruesAtOnce(own)) moments[count++] = own.status;
        for (uint256 i; i < words.length; ++i) {
            if (_looksUp(ActusSchedule.kindOf(words[i]))) moments[count++] = ActusSchedule.shownOf(words[i]);
        }
        // Shortening only: `count` moments were written.
        assembly ("memory-safe") {
            mstore(moments, count)
        }
    }

    function _accruesAtOnce(ActusTerms memory own) private pure returns (bool) {
        return own.fee.rate != 0 && own.fee.onNotional && own.purchase <= own.status;
    }

    function _looksUp(EventKind kind) private pure returns (bool) {
        return kind == EventKind.FP || kind == EventKind.PRD || kind == EventKind.XD;
    }

    /*//////////////////////////////////////////////////////////////
                                  EVENTS
    //////////////////////////////////////////////////////////////*/

    function _open(Course memory course, Enhancement memory given, uint256 exercise) private pure {
        (ActusTerms memory own, ActusEvents.State memory state) = (given.own, course.state);
        state.role = own.liability ? -1 : int256(1);
        (state.time, state.end) = (own.status, own.maturity);
        if (_accruesAtOnce(own)) state.notional = _looked(course);
        bool past = exercise != 0 && exercise <= own.status;
        if (past) (course.exerciseDate, course.exerciseAmount) = (exercise, state.role * given.exerciseAmount);
        if (own.fee.accrued != ABSENT) state.fee = state.role * own.fee.accrued;
        else if (!past) _charge(state, own);
    }

    /// @dev The fee open at the status date where it is not stated: since it was last paid.
    function _charge(ActusEvents.State memory state, ActusTerms memory own) private pure {
        uint256[] memory words = ActusSchedule.feesAndPurchase(own);
        uint256 charged;
        for (uint256 i; i < words.length; ++i) {
            if (ActusSchedule.shownOf(words[i]).countedDay() > Schedule.countedDay(own.status)) break;
            if (ActusSchedule.kindOf(words[i]) == EventKind.FP) charged = ActusSchedule.dueOf(words[i]);
        }
        if (charged != 0) ActusEvents.chargeSince(state, own, charged);
    }

    function _looked(Course memory course) private pure returns (int256) {
        return course.amounts[course.looked++];
    }

    function _play(Course memory course, Enhancement memory given, uint256 word)
        private
        pure
        returns (EnhancementFlow memory flow)
    {
        (ActusTerms memory own, ActusEvents.State memory state) = (given.own, course.state);
        (flow.moment, flow.kind) = (uint40(ActusSchedule.shownOf(word)), ActusSchedule.kindOf(word));
        uint256 due = ActusSchedule.dueOf(word);
        if (flow.kind == EventKind.PRD) {
            // A fee accrues from the purchase on.
            flow.payoff = -state.role * own.purchasePrice;
        } else if (flow.kind == EventKind.FP) {
            ActusEvents.accrue(state, own, due);
            flow.payoff = ActusEvents.payFee(state, own);
        } else if (flow.kind == EventKind.XD) {
            _accrueAtExercise(state, own, due);
        } else {
            if (flow.kind == EventKind.STD) flow.payoff = course.exerciseAmount + state.fee;
            if (flow.kind == EventKind.TD) flow.payoff = state.role * own.terminationPrice;
            state.fee = 0;
        }
        if (own.exchanged) flow.payoff = ActusEvents.exchanged(given.exchangeRates, flow.kind, due, flow.payoff);
        state.time = due;
        state.notional = _looksUp(flow.kind) ? _looked(course) : int256(0);
        if (flow.kind == EventKind.XD) {
            course.exerciseDate = due;
            course.exerciseAmount = ActusExposure.capped(given, state.notional, due);
        }
        (flow.notional, flow.feeAccrued) = (state.notional, state.fee);
        (flow.exerciseDate, flow.exerciseAmount) = (uint40(course.exerciseDate), course.exerciseAmount);
    }

    /// @dev ACTUS, state variable Fac of CEG at XD: a fee on the notional accrues, an amount by the share of its period.
    function _accrueAtExercise(ActusEvents.State memory state, ActusTerms memory own, uint256 due) private pure {
        if (own.fee.onNotional) return ActusEvents.accrue(state, own, due);
        Series memory series = ActusMaturity.anchored(own, own.fee.series);
        uint256[] memory list = Schedule.times(series, own.maturity, own.endOfMonth);
        (uint256 from, uint256 to) = (own.start, 0);
        for (uint256 i; i < list.length && to == 0; ++i) {
            if (list[i] > due) to = list[i];
            else from = list[i];
        }
        int256 period = to == 0 ? int256(0) : ActusEvents.fraction(state, own, from, to);
        int256 past = ActusEvents.fraction(state, own, from, due);
        state.fee = period == 0 ? int256(0) : state.role * own.fee.rate * past / period;
    }
}
