// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Duties at the bank (bits 0-9 of a seat) and the system contracts' own seats (bits 16 on).
enum Role {
    Board, // 0: limits, denominators, legacy circles, overrides, role administration
    RiskOfficer, // 1: products, category table, ratings, default, write-off
    LoanOfficer, // 2: applications, customers, pledges, guarantees
    Approver, // 3: approves what another applied for; checks what another made
    Appraiser, // 4: values collateral
    Treasurer, // 5: business days, funding and redemption of deposits, pay-outs
    Collector, // 6: payments received outside the token, recoveries, charges
    CreditBureau, // 7: other lenders' facts
    DataProvider, // 8: fund flows beyond the first payee, payee categories
    Guardian, // 9: pause
    Reserved10,
    Reserved11,
    Reserved12,
    Reserved13,
    Reserved14,
    Reserved15,
    Book, // 16: the LoanBook contract
    Registry, // 17: the CustomerRegistry contract, towards CreditPolicy
    Collateral, // 18: the CollateralRegistry contract, towards TitleRegistry
    Token, // 19: the DepositToken contract, towards FundFlowLedger
    Ratings // 20: the RatingRegistry contract, towards CovenantRegistry
}

enum CustomerKind {
    None,
    Person,
    SmallEnterprise,
    Corporate,
    RetailPool
}

/// @dev What a credit limit is measured on.
enum Dimension {
    Customer,
    Group,
    Industry,
    Region
}

/// @dev What a share limit is a share of.
enum Denominator {
    None,
    Book,
    Tier1Capital
}

enum LoanType {
    Bullet,
    Linear,
    Annuity
}

enum DayCount {
    Actual365,
    Actual360
}

/// @dev Where a due date goes that is no business day.
enum BusinessDayRule {
    None, // it stays
    Following,
    ModifiedFollowing, // the one before where the following lies in the next month
    Preceding
}

enum Waterfall {
    FeesFirst, // fees, penalty, interest, principal
    PrincipalFirst // principal, interest, penalty, fees
}

enum LoanState {
    None,
    Applied,
    Approved,
    Denied,
    Lapsed,
    Active,
    Defaulted,
    Repaid,
    WrittenOff,
    Sold
}

/// @dev The five categories of the Chinese loan classification; None before the first drawdown.
enum Category {
    None,
    Pass,
    SpecialMention,
    Substandard,
    Doubtful,
    Loss
}

enum ClassificationReason {
    DaysPastDue,
    Default,
    Judgement,
    Import,
    Cured,
    Contagion,
    ExpectedLoss,
    Restructured,
    ObservationEnded
}

enum DefaultTrigger {
    DaysPastDue,
    UnlikelyToPay,
    Bankruptcy,
    CrossDefault,
    Covenant
}

enum ChargeKind {
    Fee,
    Penalty
}

/// @dev Postings that can be reversed.
enum PostingKind {
    Payment,
    Drawdown,
    Charge
}

enum CollateralKind {
    None,
    ResidentialProperty,
    CommercialProperty,
    Land,
    Equipment,
    Receivable,
    Deposit,
    Other
}

enum LienState {
    None,
    Active,
    Released,
    Enforced
}

enum GuaranteeState {
    None,
    Active,
    Demanded,
    Released
}

/// @dev What happens when earmarked money is sent where it should not go.
enum EarmarkMode {
    Flag,
    Block
}

enum ImportState {
    None,
    Proposed,
    Released,
    Completed,
    Abandoned
}

/// @dev How a customer stands with courts and bureaus, told by the worst of it.
enum Standing {
    Normal,
    Watch, // on a watch list
    Litigation, // sued, or under enforcement
    Blacklisted, // listed as a debtor who breaks trust
    Insolvent
}

/// @dev What a borrower promises to keep, as parts per billion of one.
enum Measure {
    DebtServiceCover, // earnings available for debt service over interest and principal due
    InterestCover, // earnings before interest and tax over interest
    DebtToEarnings, // debt over earnings before interest, tax, depreciation and amortisation
    DebtToEquity,
    DebtToAssets,
    CurrentRatio, // current assets over current liabilities
    QuickRatio, // current assets less stock over current liabilities
    LoanToValue
}

enum Bound {
    Minimum,
    Maximum
}

/// @dev What a contract answers to a fact about a customer, the mildest first.
enum Answer {
    Continue,
    SuspendDrawings,
    ServeNotice // which suspends drawings too
}

/// @dev What an answer rests on; a figure's test is Figure plus its Measure.
enum CovenantTest {
    None,
    Rating, // worse than the worst grade that may go on
    Downgrade, // too many notches below the grade at entry
    Standing,
    Figure
}
