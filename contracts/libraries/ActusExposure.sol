// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {Covered, Enhancement, Exposure} from "../types/ActusEnhancementTerms.sol";
import {ABSENT, ActusTerms, ContractKind, EventKind, Observation} from "../types/ActusTerms.sol";
import {ActusChecks} from "./ActusChecks.sol";
import {ActusEngine} from "./ActusEngine.sol";
import {ActusEvents} from "./ActusEvents.sol";

/// @title What the contracts under a credit enhancement owe, until when, and what covers them is worth
library ActusExposure {
    int256 private constant WAD = 1e18;

    /// @notice The end of an enhancement: agreed, or the last event of the contracts it covers.
    /// @dev ACTUS, state variable Md of CEG. One that was exercised before its status date has ended then.
    function maturity(Enhancement memory given, uint256 until) internal pure returns (uint256 end) {
        ActusTerms memory own = given.own;
        if (given.exerciseDate != 0 && given.exerciseDate <= own.status) return given.exerciseDate;
        end = own.maturity;
        for (uint256 i; own.maturity == 0 && i < given.covered.length; ++i) {
            Covered memory covered = given.covered[i];
            if (!covered.whole) continue;
            end = FixedPointMathLib.max(end, ActusEngine.lastMoment(covered.terms, covered.observed, until));
        }
        if (end == 0) revert ActusChecks.Actus_NoMaturity(own.kind);
        if (end <= own.start) revert ActusChecks.Actus_MaturityBeforeStart(end, own.start);
    }

    /// @notice The amount covered at each of some ascending moments, signed by role.
    /// @dev ACTUS, state variable Nt of CEG: an agreed notional, or what all the covered contracts owe or are worth.
    function amounts(Enhancement memory given, uint256 until, uint256[] memory moments)
        internal
        pure
        returns (int256[] memory sums)
    {
        sums = new int256[](moments.length);
        for (uint256 i; given.own.notional == ABSENT && i < given.covered.length; ++i) {
            _add(sums, given.covered[i], Exposure(given.exposure), until, moments);
        }
        int256 share = given.own.liability ? -given.coverage : given.coverage;
        for (uint256 i; i < sums.length; ++i) {
            sums[i] = (given.own.notional == ABSENT ? sums[i] : given.own.notional) * share / WAD;
        }
    }

    /// @notice The amount covered that is paid: all of it, of a collateral no more than what covers is worth.
    function capped(Enhancement memory given, int256 amount, uint256 moment) internal pure returns (int256) {
        if (given.own.kind != ContractKind.CEC) return amount;
        int256 worth;
        for (uint256 i; i < given.covering.length; ++i) worth += _value(given.covering[i], moment);
        return FixedPointMathLib.clamp(amount, -worth, worth);
    }

    function _add(
        int256[] memory sums,
        Covered memory covered,
        Exposure exposure,
        uint256 until,
        uint256[] memory moments
    ) private pure {
        if (exposure == Exposure.MV) {
            for (uint256 i; i < sums.length; ++i) sums[i] += _value(covered.values, moments[i]);
            return;
        }
        (int256[] memory principal, int256[] memory interest) =
            ActusEngine.standings(covered.terms, covered.observed, until, moments);
        for (uint256 i; i < sums.length; ++i) {
            sums[i] += exposure == Exposure.NI ? principal[i] + interest[i] : principal[i];
        }
    }

    function _value(Observation[] memory values, uint256 moment) private pure returns (int256) {
        return ActusEvents.lastObserved(values, EventKind.XD, moment);
    }
}
