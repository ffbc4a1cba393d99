// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Day-count conventions; the first two are those of a product's `DayCount`.
enum YearBasis {
    Actual365,
    Actual360,
    ThirtyE360,
    ThirtyE360Isda,
    ActualActualIsda,
    TwentyEight336
}

/// @dev Business-day rules: shift then calculate (S..), or calculate then shift (C..);
/// following or preceding (F, P); modified rules (M) stay within the month.
enum Shift {
    None,
    SCF,
    SCMF,
    CSF,
    CSMF,
    SCP,
    SCMP,
    CSP,
    CSMP
}

/// @dev A recurring period, in months or in days; both zero where there is none.
struct Cycle {
    uint16 months;
    uint16 numDays;
    bool longStub; // the last time before the end is left out where the end does not fit the cycle
}

/// @dev Recurring times. `anchor` in seconds since 1970; zero: one cycle after the start of the loan.
struct Series {
    uint40 anchor;
    Cycle cycle;
}
