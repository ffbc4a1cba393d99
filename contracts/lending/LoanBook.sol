// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IBackOffice} from "../../interfaces/IBackOffice.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {IWired} from "../../interfaces/IWired.sol";
import {IWorkout} from "../../interfaces/IWorkout.sol";
import {known} from "../governance/Known.sol";
import {ChargeKind, Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {CategoryTable, Position} from "../types/LoanStorage.sol";
import {BackValue} from "./BackValue.sol";
import {Books, Ledger} from "./Ledger.sol";
import {LoanBookBase, wiringOf} from "./LoanBookBase.sol";
import {LoanViews} from "./LoanViews.sol";
import {Draw, Origination} from "./Origination.sol";
import {Quality} from "./Quality.sol";
import {Servicing} from "./Servicing.sol";
import {Totals} from "./Totals.sol";
import {WriteOffs} from "./WriteOffs.sol";

/// @dev Who may call what, and when; what happens is in a library for each phase of a loan's life, and Books holds what
/// they share. Calls that are not among these run as BackOffice's code, on this contract's storage: two contracts because
/// one may hold 24,576 bytes of code, one address because a loan has one record. The back office is fixed at deployment.
/// See ILoanBook and IBackOffice.
contract LoanBook is LoanBookBase, Proxy, ILoanBook {
    using BackValue for Ledger;
    using Books for Ledger;
    using LoanViews for Ledger;
    using Origination for Ledger;
    using Quality for Ledger;
    using Servicing for Ledger;
    using Totals for Ledger;

    address public immutable backOffice;
    address private immutable _workout;

    constructor(IWired back) LoanBookBase(IGoverned(address(back)).authority(), wiringOf(back)) {
        backOffice = address(back);
        _workout = IBackOffice(address(back)).workout();
        _addTable(CategoryTable(0, 1, 91, 271, 361), 0, PersonId.wrap(0));
    }

    /// @dev What is not known here, the back office knows. The dearest of those calls goes straight to its office.
    function _implementation() internal view override returns (address) {
        return msg.sig == IWorkout.restructure.selector ? _workout : backOffice;
    }

    // ------------------------------------------------------------------ new business
    /// @inheritdoc ILoanBook
    function applyFor(Application calldata application) external returns (LoanId) {
        PersonId maker = _only(Role.LoanOfficer);
        uint24 today = _actingDay();
        uint64 id = ++_applications;
        ++_loans;
        _ledger.applyFor(_wiring(), id, application, today, maker);
        return LoanId.wrap(id);
    }

    /// @inheritdoc ILoanBook
    function approve(LoanId loanId) external {
        PersonId checker = _only(Role.Approver);
        _ledger.approve(_wiring(), loanId, _actingDay(), checker);
    }

    /// @inheritdoc ILoanBook
    function deny(LoanId loanId, bytes32 reasonHash) external {
        PersonId person = _only(Role.Approver);
        _ledger.deny(Books.raw(loanId), reasonHash, _actingDay(), person);
    }

    /// @inheritdoc ILoanBook
    function lapse(LoanId loanId) external {
        _ledger.lapse(_wiring(), Books.raw(loanId), _postingDay());
    }

    /// @inheritdoc ILoanBook
    function originate(LoanId loanId, uint24 valueDate) external {
        _originate(loanId, valueDate, new uint32[](0));
    }

    /// @inheritdoc ILoanBook
    function originateSecured(LoanId loanId, uint24 valueDate, uint32[] calldata liens) external {
        _originate(loanId, valueDate, liens);
    }

    function _originate(LoanId loanId, uint24 valueDate, uint32[] memory liens) private {
        _only(Role.Treasurer);
        uint24 today = _actingDay();
        _checkSigners(loanId, valueDate, today);
        _ledger.originate(_wiring(), loanId, valueDate, today, liens);
    }

    /// @inheritdoc ILoanBook
    function drawDown(
        LoanId loanId, uint128 amount, uint64 payees, uint24 expiry, uint24 valueDate, uint32[] calldata liens
    ) external {
        _only(Role.Treasurer);
        uint24 today = _actingDay();
        _checkSigners(loanId, valueDate, today);
        _ledger.drawDown(_wiring(), loanId, Draw(amount, payees, expiry, valueDate, today), liens);
    }

    // ------------------------------------------------------------------ payments
    /// @inheritdoc ILoanBook
    function repay(LoanId loanId, uint128 amount, uint24 valueDate) external {
        _repay(loanId, amount, valueDate);
    }

    /// @inheritdoc ILoanBook
    function payOff(LoanId loanId, uint128 most, uint24 valueDate) external {
        uint64 id = Books.raw(loanId);
        uint128 owed = _ledger.payoff(id, valueDate);
        if (owed > most) revert LoanBook_PayoffAbove(id, owed, most);
        _repay(loanId, owed, valueDate);
    }

    function _repay(LoanId loanId, uint128 amount, uint24 valueDate) private {
        uint24 today = _postingDay();
        _checkSigners(loanId, valueDate, today);
        uint64 id = Books.raw(loanId);
        Position memory p = _ledger.load(id);
        uint256 principal;
        if (valueDate < p.accruedThrough) {
            principal = _ledger.receiveLate(id, amount, valueDate, msg.sender);
        } else {
            principal = _ledger.receivePayment(id, p, amount, valueDate, msg.sender).principal;
            _ledger.count(p);
        }
        if (principal != 0) policy.reduce(Books.keys(p), uint128(principal));
        token.burnPayment(msg.sender, amount);
    }

    /// @inheritdoc ILoanBook
    function repayInBatch(Payment[] calldata payments, uint24 valueDate) external {
        _only(Role.Collector);
        uint24 today = _postingDay();
        if (valueDate != today) _useAuthorisation(keccak256(abi.encode(payments)), valueDate, today);
        _ledger.receiveBatch(policy, payments, valueDate);
    }

    /// @inheritdoc ILoanBook
    function returnEarmark(LoanId loanId, address borrower) external {
        WriteOffs.returnEarmark(_ledger, _wiring(), loanId, borrower, _postingDay());
    }

    /// @inheritdoc ILoanBook
    function charge(LoanId loanId, uint8 kind, uint128 amount, uint24 valueDate) external {
        PersonId person = _only(Role.Collector);
        _checkSigners(loanId, valueDate, _actingDay());
        _ledger.charge(Books.raw(loanId), ChargeKind(known(kind, uint8(type(ChargeKind).max))), amount, valueDate, person);
    }

    // ------------------------------------------------------------------ quality
    /// @inheritdoc ILoanBook
    function classify(LoanId loanId) external {
        _ledger.classify(Books.raw(loanId), _postingDay(), _tables);
    }

    /// @inheritdoc ILoanBook
    function classifyInBatch(LoanId[] calldata loanIds) external {
        _ledger.classifyInBatch(loanIds, _postingDay(), _tables);
    }

    // ------------------------------------------------------------------ totals and views
    /// @dev Control totals at the close of a business day.
    function _closeDay(uint24 businessDate) internal override {
        emit BookClosed(businessDate, _loans, policy.totalExposure(), _ledger.interestOwed(businessDate));
    }

    /// @inheritdoc ILoanBook
    function totals() external view returns (uint64 loans, uint128 outstanding) {
        return (_loans, policy.totalExposure());
    }

    /// @inheritdoc ILoanBook
    function interestReceivable(uint24 day) external view returns (uint128) {
        uint24 today = _today();
        if (day < today) revert LoanBook_DayPassed(day, today);
        return _ledger.interestOwed(day);
    }
}
