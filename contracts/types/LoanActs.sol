// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LoanState} from "./Enums.sol";

/// @dev An act on a loan, as its row of the table of states: in the 16 bits at 16 times a state, one bit for each state that
/// the act may leave the loan in. No bits: the act is refused in that state. Contracts check it, tests go through it, and
/// docs/loan-lifecycle.md draws it; a new act is a row here and its name in StatesHarness.
type Act is uint256;

// Where an act leads.
uint256 constant APPLIED = 1 << uint256(LoanState.Applied);
uint256 constant APPROVED = 1 << uint256(LoanState.Approved);
uint256 constant DENIED = 1 << uint256(LoanState.Denied);
uint256 constant LAPSED = 1 << uint256(LoanState.Lapsed);
uint256 constant ACTIVE = 1 << uint256(LoanState.Active);
uint256 constant DEFAULTED = 1 << uint256(LoanState.Defaulted);
uint256 constant REPAID = 1 << uint256(LoanState.Repaid);
uint256 constant WRITTEN_OFF = 1 << uint256(LoanState.WrittenOff);
uint256 constant SOLD = 1 << uint256(LoanState.Sold);

// Where it starts from.
uint256 constant FROM_NONE = uint256(LoanState.None) << 4;
uint256 constant FROM_APPLIED = uint256(LoanState.Applied) << 4;
uint256 constant FROM_APPROVED = uint256(LoanState.Approved) << 4;
uint256 constant FROM_ACTIVE = uint256(LoanState.Active) << 4;
uint256 constant FROM_DEFAULTED = uint256(LoanState.Defaulted) << 4;
uint256 constant FROM_REPAID = uint256(LoanState.Repaid) << 4;
uint256 constant FROM_WRITTEN_OFF = uint256(LoanState.WrittenOff) << 4;
uint256 constant FROM_SOLD = uint256(LoanState.Sold) << 4;

/// @dev A live loan stays as it is; or it may close, where nothing is owed or can be drawn any more, or only a claim is left.
uint256 constant STAYS = ACTIVE << FROM_ACTIVE | DEFAULTED << FROM_DEFAULTED;
uint256 constant MAY_CLOSE = STAYS | (REPAID | WRITTEN_OFF) << FROM_ACTIVE | (REPAID | WRITTEN_OFF) << FROM_DEFAULTED;
/// @dev A claim may come in whole.
uint256 constant CLAIM = (WRITTEN_OFF | REPAID) << FROM_WRITTEN_OFF;

// New business.
Act constant APPLY = Act.wrap(APPLIED << FROM_NONE);
Act constant IMPORT = Act.wrap((ACTIVE | DEFAULTED | REPAID | WRITTEN_OFF) << FROM_NONE);
Act constant APPROVE = Act.wrap(APPROVED << FROM_APPLIED);
Act constant SIGN = Act.wrap(APPLIED << FROM_APPLIED | APPROVED << FROM_APPROVED);
Act constant DENY = Act.wrap(DENIED << FROM_APPLIED);
Act constant LAPSE = Act.wrap(LAPSED << FROM_APPROVED | MAY_CLOSE | CLAIM);
Act constant ORIGINATE = Act.wrap(ACTIVE << FROM_APPROVED);
Act constant DRAW = Act.wrap(ACTIVE << FROM_APPROVED | ACTIVE << FROM_ACTIVE);

// Servicing.
Act constant REPAY = Act.wrap(MAY_CLOSE);
Act constant RETURN_EARMARK = Act.wrap(MAY_CLOSE | CLAIM | REPAID << FROM_REPAID | SOLD << FROM_SOLD);
Act constant CHARGE = Act.wrap(STAYS);
Act constant REPRICE = Act.wrap(STAYS);

// Quality.
Act constant CLASSIFY = Act.wrap(STAYS);
Act constant DECLARE_DEFAULT = Act.wrap(DEFAULTED << FROM_ACTIVE);
Act constant DECLARE_CROSS_DEFAULT = Act.wrap(DEFAULTED << FROM_ACTIVE);
Act constant CALL = Act.wrap(DEFAULTED << FROM_DEFAULTED);
Act constant CURE = Act.wrap(ACTIVE << FROM_DEFAULTED);
Act constant WRITE_OFF = Act.wrap((DEFAULTED | WRITTEN_OFF) << FROM_DEFAULTED);
Act constant RECOVER = Act.wrap(STAYS | CLAIM);

// Judgement and contagion.
Act constant JUDGE = Act.wrap(STAYS);
Act constant ASSESS_LOSS = Act.wrap(STAYS);
Act constant EXEMPT_DELAY = Act.wrap(STAYS);
Act constant FIND_MISUSE = Act.wrap(STAYS);
Act constant CLEAR_MISUSE = Act.wrap(STAYS);
Act constant SHOW_QUALITY = Act.wrap(STAYS);

// Workout.
Act constant RESTRUCTURE = Act.wrap(STAYS);
Act constant WAIVE = Act.wrap(MAY_CLOSE);
Act constant SELL = Act.wrap(SOLD << FROM_ACTIVE | SOLD << FROM_DEFAULTED | SOLD << FROM_WRITTEN_OFF);
Act constant PAY_ON_GUARANTEE = Act.wrap(MAY_CLOSE | CLAIM);

// Corrections.
Act constant REVERSE_PAYMENT = Act.wrap(STAYS | ACTIVE << FROM_REPAID);
Act constant REVERSE_DRAWDOWN = Act.wrap(MAY_CLOSE);
Act constant REVERSE_CHARGE = Act.wrap(MAY_CLOSE);
