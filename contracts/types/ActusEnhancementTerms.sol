// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ActusTerms, EventKind, Observation, Observations} from "./ActusTerms.sol";

/// @dev What of a covered contract is guaranteed: its notional, with accrued interest, or its market value.
enum Exposure { NO, NI, MV }

/// @dev How a contract performs; DL, DQ and DF are the credit events that an enhancement can cover.
enum Performance { PF, DL, DQ, DF, MA, TE }

/// @dev A contract that is covered. One known by its identifier only (`whole` is false) has no terms.
struct Covered {
    bytes32 id;
    bool whole;
    ActusTerms terms; // read as an asset, whichever side is given
    Observations observed;
    Observation[] values; // its market value
}

/// @dev A contract came to perform otherwise.
struct CreditEvent {
    uint40 moment;
    bytes32 id;
    Performance performance;
}

/// @dev Terms of a guarantee (CEG) or a collateral (CEC).
/// `own`: kind; liability, where protection is sold; status; start (purchase, or else deal or status); maturity;
/// purchase and termination with their prices; fee and its day count; business days; notional (or ABSENT) that is
/// covered whatever the contracts owe; `notice`, the settlement period.
struct Enhancement {
    ActusTerms own;
    uint8 exposure; // an Exposure
    uint8 creditEvents; // of each Performance covered, the bit at its place
    int256 coverage; // share of the exposure, at 1e18
    uint40 exerciseDate; // of an exercise that the terms state, zero where none is
    int256 exerciseAmount; // of an exercise before the status date
    Covered[] covered;
    Observation[][] covering; // market value of each object that covers
    Observation[] exchangeRates; // where `own` is settled in another currency
    CreditEvent[] events;
}

/// @dev One event of an enhancement: what is paid, and the state after it. Money at 1e18, signed by role.
struct EnhancementFlow {
    uint40 moment;
    EventKind kind;
    int256 payoff;
    int256 notional; // what is covered
    int256 feeAccrued;
    uint40 exerciseDate;
    int256 exerciseAmount;
}
