// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ABSENT, ActusTerms, CashFlow, ContractKind, EventKind, Observations} from "../types/ActusTerms.sol";
import {ActusChecks} from "./ActusChecks.sol";
import {ActusEvents} from "./ActusEvents.sol";
import {ActusMaturity} from "./ActusMaturity.sol";
import {ActusSchedule} from "./ActusSchedule.sol";
import {Schedule} from "./Schedule.sol";

/// @title Cash flows of a loan by the ACTUS contract types
/// @notice Checks the terms, builds the schedule, and plays the events from the status date on.
library ActusEngine {
    using Schedule for uint256;

    int256 private constant WAD = 1e18;

    /// @notice The events of a loan from its status date to its end.
    /// @param until last moment to project; zero where the loan has an end of its own.
    function project(ActusTerms memory terms, Observations memory observed, uint256 until)
        external
        pure
        returns (CashFlow[] memory flows)
    {
        (ActusSchedule.Slots memory plan, ActusEvents.State memory state) = _opened(terms, observed, until);
        flows = new CashFlow[](plan.words.length);
        uint256 count;
        for (uint256 i; i < plan.words.length; ++i) {
            uint256 word = plan.words[i];
            if (until != 0 && ActusSchedule.shownOf(word).countedDay() > until.countedDay()) break;
            // What was paid before the purchase was another's.
            if (ActusSchedule.kindOf(word) == EventKind.PRD) count = 0;
            flows[count++] = _play(state, terms, observed, plan, word);
        }
        // Shortening only: `count` events were written.
        assembly ("memory-safe") {
            mstore(flows, count)
        }
    }

    /// @notice What a loan owes its lender at each of some ascending moments, after what falls on that day.
    /// @return principal outstanding.
    /// @return interest accrued up to the moment; as of the status date where the moment lies before it.
    function standings(ActusTerms memory terms, Observations memory observed, uint256 until, uint256[] memory moments)
        external
        pure
        returns (int256[] memory principal, int256[] memory interest)
    {
        (terms.liability, terms.exchanged) = (false, false);
        (ActusSchedule.Slots memory plan, ActusEvents.State memory state) = _opened(terms, observed, until);
        (principal, interest) = (new int256[](moments.length), new int256[](moments.length));
        uint256 next;
        for (uint256 i; i < moments.length; ++i) {
            uint256 day = moments[i].countedDay();
            while (next < plan.words.length && ActusSchedule.shownOf(plan.words[next]).countedDay() <= day) {
                _play(state, terms, observed, plan, plan.words[next++]);
            }
            uint256 moment = moments[i] < terms.status ? terms.status : moments[i];
            (principal[i], interest[i]) = (state.notional, ActusEvents.interestOwed(state, terms, moment));
        }
    }

    /// @notice The moment of a loan's last event; zero where it has no end, or none after its status date.
    function lastMoment(ActusTerms memory terms, Observations memory observed, uint256 until)
        external
        pure
        returns (uint256)
    {
        (ActusSchedule.Slots memory plan,) = _opened(terms, observed, until);
        if (plan.words.length == 0) return 0;
        uint256 word = plan.words[plan.words.length - 1];
        return plan.end == 0 && ActusSchedule.kindOf(word) != EventKind.TD ? 0 : ActusSchedule.shownOf(word);
    }

    /// @dev The events to come, up to a termination, and the state before them.
    function _opened(ActusTerms memory terms, Observations memory observed, uint256 until)
        private
        pure
        returns (ActusSchedule.Slots memory plan, ActusEvents.State memory state)
    {
        ActusChecks.check(terms);
        plan = ActusSchedule.slots(terms, observed, _called(terms, observed), until);
        state = _opening(terms, plan.end);
        _catchUp(state, terms, observed, plan);
        (uint256[] memory words, uint256 count, uint256 status) = (plan.words, 0, Schedule.countedDay(terms.status));
        for (uint256 i; i < words.length; ++i) {
            if (ActusSchedule.shownOf(words[i]).countedDay() <= status) continue;
            words[count++] = words[i];
            if (ActusSchedule.kindOf(words[i]) == EventKind.TD) break;
        }
        // Shortening only: `count` words were kept.
        assembly ("memory-safe") {
            mstore(words, count)
        }
    }

    function _play(
        ActusEvents.State memory state,
        ActusTerms memory terms,
        Observations memory observed,
        ActusSchedule.Slots memory plan,
        uint256 word
    ) private pure returns (CashFlow memory flow) {
        (flow.moment, flow.kind) = (uint40(ActusSchedule.shownOf(word)), ActusSchedule.kindOf(word));
        int256 value = ActusSchedule.valueOf(plan, word);
        uint256 due = ActusSchedule.dueOf(word);
        flow.payoff = ActusEvents.play(state, terms, observed, flow.kind, due, value);
        if (terms.exchanged) flow.payoff = ActusEvents.exchanged(observed.exchangeRates, flow.kind, due, flow.payoff);
        (flow.notional, flow.rate, flow.accrued) = (state.notional, state.rate, state.accrued);
    }

    /// @dev The first call of a call loan without maturity.
    function _called(ActusTerms memory terms, Observations memory observed) private pure returns (uint256 called) {
        if (terms.kind != ContractKind.CLM || terms.maturity != 0) return 0;
        for (uint256 i; i < observed.events.length; ++i) {
            uint256 moment = observed.events[i].moment;
            if (observed.events[i].kind == EventKind.XD && (called == 0 || moment < called)) called = moment;
        }
    }

    /// @dev When interest and fees were last paid by the schedule up to a day; zero where never.
    function _lastPaid(uint256[] memory words, uint256 day) private pure returns (uint256 paid, uint256 charged) {
        for (uint256 i; i < words.length; ++i) {
            if (ActusSchedule.shownOf(words[i]).countedDay() > day) break;
            (EventKind kind, uint256 due) = (ActusSchedule.kindOf(words[i]), ActusSchedule.dueOf(words[i]));
            if ((kind == EventKind.IP || kind == EventKind.IPCI) && due > paid) paid = due;
            if (kind == EventKind.FP && due > charged) charged = due;
        }
    }

    /// @dev What schedules before the status date leave open at it: interest and fees since they were last paid, and the
    /// payment of an annuity whose fixing has passed.
    function _catchUp(
        ActusEvents.State memory state,
        ActusTerms memory terms,
        Observations memory observed,
        ActusSchedule.Slots memory plan
    ) private pure {
        uint256 day = Schedule.countedDay(terms.status);
        if (terms.start <= terms.status) {
            (uint256 paid, uint256 charged) = _lastPaid(plan.words, day);
            if (terms.kind == ContractKind.CLM || terms.kind == ContractKind.UMP) paid = 0;
            if (paid != 0 && terms.accrued == ABSENT) ActusEvents.accrueAnew(state, terms, paid, terms.status);
            if (charged != 0 && terms.fee.accrued == ABSENT) ActusEvents.chargeSince(state, terms, charged);
        }
        if (terms.kind != ContractKind.ANN || terms.payment != ABSENT) return;
        if (ActusSchedule.firstFixing(terms).countedDay() > day) return;
        ActusEvents.play(state, terms, observed, EventKind.PRF, terms.status, 0);
    }

    function _opening(ActusTerms memory terms, uint256 end) private pure returns (ActusEvents.State memory state) {
        int256 role = terms.liability ? -1 : int256(1);
        state.role = role;
        state.time = terms.status;
        state.end = end;
        state.fee = terms.fee.accrued == ABSENT ? int256(0) : role * terms.fee.accrued;
        state.interestScale = terms.scaling.interest ? terms.scaling.interestScale : WAD;
        state.notionalScale = terms.scaling.notional ? terms.scaling.notionalScale : WAD;
        state.payment = terms.payment == ABSENT ? int256(0) : terms.payment;
        if (terms.kind == ContractKind.LAM && terms.payment == ABSENT) {
            state.payment = terms.notional / int256(ActusMaturity.paymentsLeft(terms, end));
        }
        if (terms.start > terms.status) return state;
        state.notional = role * terms.notional;
        state.rate = terms.rate == ABSENT ? int256(0) : terms.rate;
        state.accrued = terms.accrued == ABSENT ? int256(0) : role * terms.accrued;
        state.base = ActusEvents.openingBase(terms);
    }
}
