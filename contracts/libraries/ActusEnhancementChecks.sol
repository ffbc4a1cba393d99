// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Covered, Enhancement, Exposure, Performance} from "../types/ActusEnhancementTerms.sol";
import {ABSENT, ActusTerms, ContractKind} from "../types/ActusTerms.sol";
import {ActusChecks} from "./ActusChecks.sol";

/// @title Terms within which a credit enhancement makes sense
library ActusEnhancementChecks {
    int256 private constant WAD = 1e18;
    uint256 private constant CREDIT_EVENTS =
        1 << uint8(Performance.DL) | 1 << uint8(Performance.DQ) | 1 << uint8(Performance.DF);

    /// @notice Thrown when a loan is given where only a credit enhancement can be.
    error Actus_NotAnEnhancement(ContractKind kind);
    /// @notice Thrown when no guaranteed exposure has this number.
    error Actus_UnknownExposure(uint256 exposure);
    /// @notice Thrown when no credit event is covered, or one that is none.
    error Actus_UnknownCreditEvents(uint256 creditEvents);
    /// @notice Thrown when the share covered is not above nothing, or is more than all.
    error Actus_BadCoverage(int256 coverage);
    /// @notice Thrown when nothing is covered.
    error Actus_NoCoveredContract();
    /// @notice Thrown when a collateral has no object that covers.
    error Actus_NoCoveringObject();
    /// @notice Thrown when a contract is known by its identifier only and no amount is agreed.
    error Actus_ExposureNotGiven(uint256 place);
    /// @notice Thrown when the amount of a past exercise is negative.
    error Actus_BadExercise(int256 amount);

    /// @notice Refuses terms that describe no credit enhancement. Those of what is covered are the engine's to check.
    function check(Enhancement memory given) internal pure {
        ActusTerms memory own = given.own;
        if (own.kind < ContractKind.CEG) revert Actus_NotAnEnhancement(own.kind);
        if (given.exposure > uint8(type(Exposure).max)) revert Actus_UnknownExposure(given.exposure);
        if (given.creditEvents == 0 || given.creditEvents & ~CREDIT_EVENTS != 0) {
            revert Actus_UnknownCreditEvents(given.creditEvents);
        }
        if (given.coverage <= 0 || given.coverage > WAD) revert Actus_BadCoverage(given.coverage);
        if (given.exerciseAmount < 0) revert Actus_BadExercise(given.exerciseAmount);
        if (own.notional != ABSENT) ActusChecks.checkNotional(own.notional);
        ActusChecks.checkBasis(own.basis);
        if (own.fee.onNotional) ActusChecks.checkRate(own.fee.rate);
        _checkCovered(given);
        if (own.kind == ContractKind.CEC && given.covering.length == 0) revert Actus_NoCoveringObject();
    }

    function _checkCovered(Enhancement memory given) private pure {
        Covered[] memory covered = given.covered;
        if (covered.length == 0) revert Actus_NoCoveredContract();
        if (given.own.notional != ABSENT || given.exposure == uint8(Exposure.MV)) return;
        for (uint256 i; i < covered.length; ++i) {
            if (!covered[i].whole) revert Actus_ExposureNotGiven(i);
        }
    }
}
