// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Cycle, Series, Shift} from "./ActusTypes.sol";

/// @dev Loans, then the credit enhancements, which cover loans.
enum ContractKind { PAM, LAM, NAM, ANN, UMP, LAX, CLM, CEG, CEC }

/// @dev In the order in which the events of one moment are evaluated.
enum EventKind { IED, FP, PR, PI, PY, PP, XD, IP, IPCI, RRF, RR, PRF, PRD, TD, SC, IPCB, STD, MD }

enum InterestBase { NT, NTIED, NTL }

enum PenaltyKind { O, A, N, I }

/// @dev Value of an amount or rate that the contract does not agree.
int256 constant ABSENT = type(int256).min;

/// @dev One entry of an array schedule: payments of an amount (`flag`: increases of principal),
/// or resets to an observed rate plus a spread (`flag`: to the rate itself).
struct Segment {
    Series series;
    int256 amount;
    bool flag;
}

struct RateRule {
    Series series;
    int256 spread;
    int256 multiplier;
    int256 lifeCap;
    int256 lifeFloor;
    int256 periodCap;
    int256 periodFloor;
    int256 next; // the first reset's rate, or ABSENT
}

struct FeeRule {
    Series series;
    int256 rate; // of the notional a year, or an amount
    bool onNotional;
    int256 accrued; // or ABSENT
}

struct BaseRule {
    Series series;
    InterestBase base;
    int256 amount; // or ABSENT
}

struct ScalingRule {
    Series series;
    bool interest;
    bool notional;
    int256 start; // the index at the contract's deal date
    int256 interestScale;
    int256 notionalScale;
}

struct PrepaymentRule {
    Series series;
    PenaltyKind penalty;
    int256 penaltyRate;
}

/// @dev Terms of one contract. Money and rates at 1e18; moments in seconds since 1970, zero where absent.
struct ActusTerms {
    ContractKind kind;
    bool liability;
    uint8 basis; // a YearBasis
    Shift shift;
    bool weekdaysOnly;
    bool endOfMonth;
    bool exchanged; // settled in another currency
    uint40 status;
    uint40 start;
    uint40 maturity;
    uint40 amortization;
    uint40 capitalizationEnd;
    uint40 purchase;
    uint40 termination;
    int256 notional;
    int256 premium;
    int256 rate; // or ABSENT
    int256 accrued; // or ABSENT
    int256 payment; // next principal payment, or ABSENT
    int256 purchasePrice;
    int256 terminationPrice;
    Cycle notice;
    Series interest;
    Series principal;
    RateRule reset;
    FeeRule fee;
    BaseRule base;
    ScalingRule scaling;
    PrepaymentRule prepayment;
    Segment[] principalArray;
    Segment[] interestArray;
    Segment[] resetArray;
}

struct Observation {
    uint40 moment;
    int256 value;
}

struct ObservedEvent {
    uint40 moment;
    EventKind kind; // XD, PP, PR or PI
    int256 amount; // unsigned by role
}

/// @dev What the outside world adds; each series ascends in time.
struct Observations {
    Observation[] rates;
    Observation[] indices;
    Observation[] prepayments;
    Observation[] exchangeRates; // units of the settlement currency for one of the contract's
    ObservedEvent[] events;
}

/// @dev One event: what is paid, and the state after it. Money and rates at 1e18, signed by role.
struct CashFlow {
    uint40 moment;
    EventKind kind;
    int256 payoff;
    int256 notional;
    int256 rate;
    int256 accrued;
}
