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
    Token // 19: the DepositToken contract, towards FundFlowLedger
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
    WrittenOff
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
    Cured
}

enum DefaultTrigger {
    DaysPastDue,
    UnlikelyToPay,
    Bankruptcy,
    CrossDefault
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
