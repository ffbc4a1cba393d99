// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {IDepositToken} from "../../interfaces/IDepositToken.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {IRatingRegistry} from "../../interfaces/IRatingRegistry.sol";
import {Governed} from "../governance/Governed.sol";
import {Importing} from "../governance/Importing.sol";
import {ChargeKind, DefaultTrigger, Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {CategoryTable, MAX_DAY, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {bit} from "../types/Seat.sol";
import {Corrections} from "./Corrections.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {LoanViews} from "./LoanViews.sol";
import {OpeningBook} from "./OpeningBook.sol";
import {Draw, Origination} from "./Origination.sol";
import {Quality} from "./Quality.sol";
import {Servicing} from "./Servicing.sol";
import {Terms} from "./Terms.sol";
import {WriteOffs} from "./WriteOffs.sol";

/// @dev Counters in the word of the business day, which every posting reads.
abstract contract Counting is Governed {
    uint64 internal _loans; // applied for or imported
    uint64 internal _applications;
    uint16 internal _tables;
}

/// @dev Who may call what, and when; what happens is in a library for each phase of a loan's life, and Books holds what
/// they share. See ILoanBook.
contract LoanBook is Counting, Importing, ILoanBook {
    using Books for Ledger;
    using Corrections for Ledger;
    using LoanViews for Ledger;
    using OpeningBook for Ledger;
    using Origination for Ledger;
    using Quality for Ledger;
    using Servicing for Ledger;
    using Terms for Ledger;

    ICreditPolicy public immutable policy;
    ICustomerRegistry public immutable customers;
    IRatingRegistry public immutable ratings;
    ICollateralRegistry public immutable collateral;
    IGuaranteeRegistry public immutable guarantees;
    IDepositToken public immutable token;

    Ledger private _ledger;

    constructor(
        address authority_,
        ICreditPolicy policy_,
        ICustomerRegistry customers_,
        IRatingRegistry ratings_,
        ICollateralRegistry collateral_,
        IGuaranteeRegistry guarantees_,
        IDepositToken token_
    ) Governed(authority_) {
        policy = policy_;
        customers = customers_;
        ratings = ratings_;
        collateral = collateral_;
        guarantees = guarantees_;
        token = token_;
        _addTable(CategoryTable(0, 1, 91, 271, 361), 0, PersonId.wrap(0));
    }

    // ------------------------------------------------------------------ terms
    /// @inheritdoc ILoanBook
    function setProduct(uint16 product, Product calldata terms) external {
        PersonId person = _only(Role.RiskOfficer);
        _actingDay();
        _ledger.setProduct(product, terms, person);
    }

    /// @inheritdoc ILoanBook
    function setCategoryTable(uint24 effectiveFrom, uint16 specialMention, uint16 substandard, uint16 doubtful, uint16 loss)
        external
    {
        PersonId person = _only(Role.RiskOfficer);
        _addTable(CategoryTable(effectiveFrom, specialMention, substandard, doubtful, loss), _actingDay(), person);
    }

    function _addTable(CategoryTable memory table, uint24 earliest, PersonId person) private {
        _ledger.addTable(_tables, table, earliest, person);
        ++_tables;
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
        uint24 today = _postingDay();
        _checkSigners(loanId, valueDate, today);
        uint64 id = Books.raw(loanId);
        Position memory p = _ledger.load(id);
        uint256 principal = _ledger.receivePayment(id, p, amount, valueDate, msg.sender);
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
    function charge(LoanId loanId, ChargeKind kind, uint128 amount, uint24 valueDate) external {
        PersonId person = _only(Role.Collector);
        _checkSigners(loanId, valueDate, _actingDay());
        _ledger.charge(Books.raw(loanId), kind, amount, valueDate, person);
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

    /// @inheritdoc ILoanBook
    function declareDefault(LoanId loanId, DefaultTrigger trigger) external {
        PersonId person = _only(Role.RiskOfficer);
        _ledger.declareDefault(_wiring(), Books.raw(loanId), trigger, _postingDay(), _tables, person);
    }

    /// @inheritdoc ILoanBook
    function cure(LoanId loanId) external {
        PersonId person = _only(Role.RiskOfficer);
        _ledger.cure(_wiring(), Books.raw(loanId), _actingDay(), person);
    }

    /// @inheritdoc ILoanBook
    function announce(LoanId loanId) external {
        Quality.announce(_ledger, _wiring(), Books.raw(loanId));
    }

    /// @inheritdoc ILoanBook
    function proposeWriteOff(LoanId loanId, uint128 principal, uint128 interest) external {
        PersonId maker = _only(Role.RiskOfficer);
        _actingDay();
        WriteOffs.propose(_ledger, Books.raw(loanId), principal, interest, maker);
    }

    /// @inheritdoc ILoanBook
    function writeOff(LoanId loanId, uint128 principal, uint128 interest, uint24 valueDate) external {
        PersonId checker = _only(Role.Approver);
        _checkValueDate(valueDate, _actingDay());
        WriteOffs.writeOff(_ledger, _wiring(), Books.raw(loanId), principal, interest, valueDate, checker);
    }

    /// @inheritdoc ILoanBook
    function recover(LoanId loanId, uint128 amount, uint24 valueDate) external {
        PersonId person = _only(Role.Collector);
        _checkSigners(loanId, valueDate, _postingDay());
        WriteOffs.recover(_ledger, Books.raw(loanId), amount, valueDate, person);
    }

    // ------------------------------------------------------------------ corrections
    /// @inheritdoc ILoanBook
    function proposeBackValue(bytes32 posting, uint24 valueDate) external {
        PersonId maker = _onlyAny(bit(Role.Collector) | bit(Role.Treasurer));
        _checkValueDate(valueDate, _postingDay());
        _ledger.proposeBackValue(posting, valueDate, maker);
    }

    /// @inheritdoc ILoanBook
    function authoriseBackValue(bytes32 posting, uint24 valueDate) external {
        PersonId checker = _only(Role.Approver);
        _checkValueDate(valueDate, _postingDay());
        _ledger.authoriseBackValue(posting, valueDate, checker);
    }

    /// @dev A posting of today needs one signer; one with a past value date, a second who allowed it.
    function _checkSigners(LoanId loanId, uint24 valueDate, uint24 today) private {
        if (valueDate != today) {
            _useAuthorisation(Books.postingHash(Books.raw(loanId), msg.sender), valueDate, today);
        }
    }

    function _useAuthorisation(bytes32 posting, uint24 valueDate, uint24 today) private {
        _checkValueDate(valueDate, today);
        _ledger.useAuthorisation(posting, valueDate, today);
    }

    /// @inheritdoc ILoanBook
    function proposeReversal(Reversal calldata reversal) external {
        PersonId maker = _onlyAny(bit(Role.Collector) | bit(Role.Treasurer));
        _actingDay();
        _ledger.proposeReversal(reversal, maker);
    }

    /// @inheritdoc ILoanBook
    function reverse(Reversal calldata reversal) external {
        PersonId checker = _only(Role.Approver);
        _ledger.reverse(_wiring(), reversal, _actingDay(), checker);
    }

    // ------------------------------------------------------------------ opening book
    /// @inheritdoc ILoanBook
    function importLoans(uint32 importId, ImportedLoan[] calldata rows) external {
        _only(Role.LoanOfficer);
        uint256 total;
        for (uint256 i; i < rows.length; ++i) {
            total += (rows[i].balances >> 48) & type(uint48).max;
        }
        _count(importId, rows.length, total);
        _loans += uint64(rows.length);
        _ledger.importLoans(policy, customers.customers(), importId, rows, _postingDay());
    }

    // ------------------------------------------------------------------ totals and views
    /// @dev Control totals at the close of a business day.
    function _closeDay(uint24 businessDate) internal override {
        emit BookClosed(businessDate, _loans, policy.totalExposure());
    }

    function _wiring() private view returns (Wiring memory) {
        return Wiring(policy, customers, ratings, collateral, guarantees, token);
    }

    /// @inheritdoc ILoanBook
    function totals() external view returns (uint64 loans, uint128 outstanding) {
        return (_loans, policy.totalExposure());
    }

    /// @inheritdoc ILoanBook
    function loanOf(LoanId loanId) external view returns (Loan memory) {
        return _ledger.loanOf(Books.raw(loanId));
    }

    /// @inheritdoc ILoanBook
    function preview(LoanId loanId, uint24 valueDate) external view returns (Loan memory) {
        return _ledger.preview(Books.raw(loanId), valueDate);
    }

    /// @inheritdoc ILoanBook
    function payoff(LoanId loanId, uint24 valueDate) external view returns (uint128) {
        return _ledger.payoff(Books.raw(loanId), valueDate);
    }

    /// @inheritdoc ILoanBook
    function obligationOf(LoanId loanId, uint16 instalment) external view returns (uint24, uint128, uint128) {
        uint256 word = _ledger.obligations[(uint256(Books.raw(loanId)) << 16) | instalment];
        return (uint24(word & MAX_DAY), uint128((word >> 16) & MAX_MONEY), uint128(word >> 63));
    }

    /// @inheritdoc ILoanBook
    function isReversed(LoanId loanId, uint16 posting) external view returns (bool) {
        return Corrections.isReversed(_ledger, Books.raw(loanId), posting);
    }

    /// @inheritdoc ILoanBook
    function productOf(uint16 product) external view returns (Product memory) {
        return _ledger.productOf(product);
    }

    /// @inheritdoc ILoanBook
    function categoryTableOn(uint24 day) external view returns (uint16, uint16, uint16, uint16) {
        CategoryTable memory t = _ledger.tableOn(_tables, day);
        return (t.specialMention, t.substandard, t.doubtful, t.loss);
    }

    /// @inheritdoc ILoanBook
    function loanIdOf(bytes32 externalRef) external pure returns (LoanId) {
        return LoanId.wrap(OpeningBook.idOf(externalRef));
    }

    /// @inheritdoc ILoanBook
    function postingHash(LoanId loanId, address account) external pure returns (bytes32) {
        return Books.postingHash(Books.raw(loanId), account);
    }

    /// @inheritdoc ILoanBook
    function batchHash(Payment[] calldata payments) external pure returns (bytes32) {
        return keccak256(abi.encode(payments));
    }
}
