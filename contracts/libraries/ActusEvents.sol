// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {YearBasis} from "../types/ActusTypes.sol";
import {
    ABSENT,
    ActusTerms,
    ContractKind,
    EventKind,
    InterestBase,
    Observation,
    Observations,
    PenaltyKind,
    RateRule
} from "../types/ActusTerms.sol";
import {ActusMaturity} from "./ActusMaturity.sol";
import {DayCounts} from "./DayCounts.sol";
import {Schedule} from "./Schedule.sol";

/// @title State transition and payoff functions of ACTUS
/// @notice Money and rates at 1e18. Interest is one exact product and one division (`_interest`).
library ActusEvents {
    using Schedule for uint256;

    int256 private constant WAD = 1e18;
    int256 private constant UNIT = 1e36;

    /// @notice Thrown when a rate or index was not observed by the moment it is needed.
    error Actus_NotObserved(EventKind kind, uint256 moment);
    /// @notice Thrown when a rate loses everything in one period, so that no annuity exists.
    error Actus_NoAnnuity(int256 rate);

    struct State {
        int256 role; // 1 for an asset, -1 for a liability
        uint256 time; // moment of the last event, before any shift
        uint256 end; // zero where there is none
        int256 notional;
        int256 rate;
        int256 accrued;
        int256 fee;
        int256 base; // what interest is calculated on
        int256 payment; // next principal payment; with interest for NAM and ANN
        int256 interestScale;
        int256 notionalScale;
        int256 claim; // interest fixed by a call, due at settlement
    }

    /// @notice Plays one event: accrues to it, pays, and moves the state on.
    function play(
        State memory state,
        ActusTerms memory terms,
        Observations memory observed,
        EventKind kind,
        uint256 due,
        int256 value
    ) internal pure returns (int256 payoff) {
        if (kind == EventKind.IED) return _start(state, terms, due);
        accrue(state, terms, due);
        if (kind == EventKind.PR) payoff = _redeem(state, terms, value);
        else if (kind == EventKind.IP) payoff = _payInterest(state);
        else if (kind == EventKind.RR) state.rate = _reset(state, terms.reset, observed.rates, due, value);
        else if (kind == EventKind.RRF) state.rate = value;
        else if (kind == EventKind.PRF) _fixPayment(state, terms, due);
        else if (kind == EventKind.IPCI) _capitalise(state);
        else if (kind == EventKind.MD || kind == EventKind.STD) payoff = _mature(state);
        else if (kind == EventKind.IPCB) state.base = state.notional;
        else if (kind == EventKind.SC) _scale(state, terms, observed, due);
        else if (kind == EventKind.FP) payoff = payFee(state, terms);
        else if (kind == EventKind.PRD) payoff = -state.role * (terms.purchasePrice + state.accrued);
        else if (kind == EventKind.TD) payoff = _terminate(state, terms);
        else if (kind == EventKind.PI) payoff = _increase(state, value);
        else if (kind == EventKind.PP) payoff = _prepay(state, observed, due, value);
        else if (kind == EventKind.PY) payoff = _penalty(state, terms, observed, due);
        else _call(state, terms);
        state.time = due;
        _rebase(state, terms, kind);
    }

    /// @notice A payoff in the settlement currency.
    function exchanged(Observation[] memory rates, EventKind kind, uint256 due, int256 payoff)
        internal
        pure
        returns (int256)
    {
        return payoff == 0 ? payoff : payoff * lastObserved(rates, kind, due) / WAD;
    }

    /// @notice What interest is calculated on at the start: the notional, or an amount agreed (NTIED, NTL).
    function openingBase(ActusTerms memory terms) internal pure returns (int256 base) {
        base = terms.notional;
        bool agreed = terms.base.base != InterestBase.NT && terms.base.amount != ABSENT;
        if (agreed && amortises(terms.kind)) base = terms.base.amount;
        if (terms.liability) base = -base;
    }

    /// @notice Whether a kind of contract has principal payments by schedule.
    function amortises(ContractKind kind) internal pure returns (bool) {
        return kind >= ContractKind.LAM && kind <= ContractKind.LAX && kind != ContractKind.UMP;
    }

    /*//////////////////////////////////////////////////////////////
                                  INTEREST
    //////////////////////////////////////////////////////////////*/

    /// @notice The numerator of a fraction of a year, with both moments moved as the business-day rule says.
    function fraction(State memory state, ActusTerms memory terms, uint256 from, uint256 to)
        internal
        pure
        returns (int256)
    {
        return DayCounts.numerator(
            from.accrualDay(terms.shift, terms.weekdaysOnly),
            to.accrualDay(terms.shift, terms.weekdaysOnly),
            YearBasis(terms.basis),
            state.end == 0 ? 0 : state.end.countedDay()
        );
    }

    function _interest(int256 amount, int256 rate, int256 numerator, ActusTerms memory terms) private pure returns (int256) {
        return amount * rate * numerator / (WAD * int256(DayCounts.denominator(YearBasis(terms.basis))));
    }

    /// @notice Accrues interest and fee from the last event to a moment.
    function accrue(State memory state, ActusTerms memory terms, uint256 due) internal pure {
        int256 numerator = fraction(state, terms, state.time, due);
        if (numerator == 0) return;
        state.accrued += _interest(state.base, state.rate, numerator, terms);
        if (terms.fee.onNotional) state.fee += _interest(state.notional, terms.fee.rate, numerator, terms);
    }

    /// @notice Interest on the notional for a time before the first event; fees are not touched.
    function accrueAnew(State memory state, ActusTerms memory terms, uint256 since, uint256 until) internal pure {
        state.accrued = _interest(state.notional, state.rate, fraction(state, terms, since, until), terms);
    }

    /// @notice Feac at the status date where it is not stated: the fee on the notional since it was last paid.
    function chargeSince(State memory state, ActusTerms memory terms, uint256 since) internal pure {
        if (!terms.fee.onNotional) return;
        state.fee = _interest(state.notional, terms.fee.rate, fraction(state, terms, since, terms.status), terms);
    }

    /// @notice Interest owed at a moment: accrued by the last event and since, and claimed by a call.
    function interestOwed(State memory state, ActusTerms memory terms, uint256 moment) internal pure returns (int256) {
        int256 since = _interest(state.base, state.rate, fraction(state, terms, state.time, moment), terms);
        return state.accrued + state.claim + since;
    }

    function _payInterest(State memory state) private pure returns (int256 payoff) {
        payoff = state.interestScale * (state.accrued + state.claim) / WAD;
        (state.accrued, state.claim) = (0, 0);
    }

    function _capitalise(State memory state) private pure {
        state.notional += state.accrued;
        state.accrued = 0;
    }

    /// @dev The interest base takes the new notional at every change of it, unless it lags (NTL).
    function _rebase(State memory state, ActusTerms memory terms, EventKind kind) private pure {
        if (kind != EventKind.PR && kind != EventKind.PI && kind != EventKind.PP && kind != EventKind.IPCI) return;
        if (terms.base.base != InterestBase.NTL || !amortises(terms.kind)) state.base = state.notional;
    }

    /*//////////////////////////////////////////////////////////////
                                 PRINCIPAL
    //////////////////////////////////////////////////////////////*/

    function _start(State memory state, ActusTerms memory terms, uint256 due) private pure returns (int256) {
        state.notional = state.role * terms.notional;
        state.rate = terms.rate == ABSENT ? int256(0) : terms.rate;
        state.base = openingBase(terms);
        state.accrued = terms.accrued == ABSENT ? int256(0) : state.role * terms.accrued;
        uint256 anchor = terms.interest.anchor;
        if (terms.accrued == ABSENT && anchor != 0 && anchor < due) accrueAnew(state, terms, anchor, due);
        state.time = due;
        bool atPar = terms.kind == ContractKind.CLM || terms.kind == ContractKind.UMP;
        return -state.role * (terms.notional + (atPar ? int256(0) : terms.premium));
    }

    function _redeem(State memory state, ActusTerms memory terms, int256 value) private pure returns (int256) {
        int256 amount = state.payment;
        if (terms.kind == ContractKind.LAX || terms.kind == ContractKind.UMP) amount = value;
        if (terms.kind == ContractKind.NAM || terms.kind == ContractKind.ANN) amount -= state.role * state.accrued;
        amount = _capped(state, amount);
        state.notional -= amount;
        return state.notionalScale * amount / WAD;
    }

    function _increase(State memory state, int256 value) private pure returns (int256) {
        state.notional += state.role * value;
        return -state.notionalScale * state.role * value / WAD;
    }

    function _prepay(State memory state, Observations memory observed, uint256 due, int256 value)
        private
        pure
        returns (int256 amount)
    {
        if (value == 0) value = lastObserved(observed.prepayments, EventKind.PP, due);
        amount = _capped(state, value);
        state.notional -= amount;
    }

    function _mature(State memory state) private pure returns (int256 payoff) {
        payoff = (state.notionalScale * state.notional + state.interestScale * state.accrued) / WAD + state.fee;
        (state.notional, state.accrued, state.base, state.fee) = (0, 0, 0, 0);
    }

    function _terminate(State memory state, ActusTerms memory terms) private pure returns (int256 payoff) {
        payoff = state.role * (terms.terminationPrice + state.accrued);
        (state.notional, state.accrued, state.base, state.fee) = (0, 0, 0, 0);
    }

    /// @dev An amount signed by role, never more than what is owed.
    function _capped(State memory state, int256 amount) private pure returns (int256) {
        return state.role * FixedPointMathLib.min(amount, int256(FixedPointMathLib.abs(state.notional)));
    }

    /// @dev Interest stops; with a period of notice what has accrued becomes a claim due at settlement.
    function _call(State memory state, ActusTerms memory terms) private pure {
        state.base = 0;
        if (Schedule.repeats(terms.notice)) (state.claim, state.accrued) = (state.accrued, 0);
    }

    /*//////////////////////////////////////////////////////////////
                            RATES AND PAYMENTS
    //////////////////////////////////////////////////////////////*/

    function _reset(State memory state, RateRule memory rule, Observation[] memory rates, uint256 due, int256 spread)
        private
        pure
        returns (int256)
    {
        int256 target = lastObserved(rates, EventKind.RR, due) * rule.multiplier / WAD + spread;
        int256 change = FixedPointMathLib.clamp(target - state.rate, rule.periodFloor, rule.periodCap);
        return FixedPointMathLib.clamp(state.rate + change, rule.lifeFloor, rule.lifeCap);
    }

    /// @dev A(s, T, n, a, r) of ACTUS: what is owed at the first payment, over the worth there of 1 at each.
    function _fixPayment(State memory state, ActusTerms memory terms, uint256 due) private pure {
        (uint256 from, int256 owed, int256 rate) = (due, int256(FixedPointMathLib.abs(state.notional)), state.rate);
        if (due < terms.start) {
            (from, owed, rate) = (terms.start, terms.notional, terms.rate == ABSENT ? int256(0) : terms.rate);
        }
        uint256 horizon = terms.amortization != 0 ? terms.amortization : state.end;
        uint256[] memory list = ActusMaturity.principalTimes(terms, horizon);
        int256 accrued = state.role * state.accrued;
        int256 par = WAD * int256(DayCounts.denominator(YearBasis(terms.basis)));
        int256 discount = UNIT;
        int256 worth;
        for (uint256 i; i < list.length; ++i) {
            if (list[i] <= due) continue;
            int256 factor = par + rate * fraction(state, terms, from, list[i]);
            if (factor <= 0) revert Actus_NoAnnuity(rate);
            if (worth == 0) owed = owed * factor / par;
            else discount = discount * par / factor;
            worth += discount;
            from = list[i];
        }
        state.payment = worth == 0 ? owed + accrued : (owed + accrued) * UNIT / worth;
    }

    /// @notice The fee that falls due: what has accrued on the notional, or an amount.
    function payFee(State memory state, ActusTerms memory terms) internal pure returns (int256 payoff) {
        payoff = terms.fee.onNotional ? state.fee : state.role * terms.fee.rate;
        state.fee = 0;
    }

    function _penalty(State memory state, ActusTerms memory terms, Observations memory observed, uint256 due)
        private
        pure
        returns (int256)
    {
        if (terms.prepayment.penalty == PenaltyKind.A) return state.role * terms.prepayment.penaltyRate;
        int256 rate = terms.prepayment.penaltyRate;
        if (terms.prepayment.penalty == PenaltyKind.I) {
            rate = FixedPointMathLib.max(0, state.rate - lastObserved(observed.rates, EventKind.PY, due));
        }
        return _interest(state.notional, rate, fraction(state, terms, state.time, due), terms);
    }

    function _scale(State memory state, ActusTerms memory terms, Observations memory observed, uint256 due) private pure {
        int256 scale = lastObserved(observed.indices, EventKind.SC, due) * WAD / terms.scaling.start;
        if (terms.scaling.interest) state.interestScale = scale;
        if (terms.scaling.notional) state.notionalScale = scale;
    }

    /// @notice The last value observed up to a moment, by bisection.
    function lastObserved(Observation[] memory points, EventKind kind, uint256 moment)
        internal
        pure
        returns (int256)
    {
        (uint256 low, uint256 high) = (0, points.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (points[middle].moment <= moment) low = middle + 1;
            else high = middle;
        }
        if (low == 0) revert Actus_NotObserved(kind, moment);
        return points[low - 1].value;
    }
}
