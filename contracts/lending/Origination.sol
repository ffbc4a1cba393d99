// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {Codes} from "../libraries/Codes.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {Category, ChargeKind, CustomerKind, LoanState} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {Act, APPROVE, DENY, DRAW, LAPSE, ORIGINATE} from "../types/LoanActs.sol";
import {MAX_DAY, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {ProductWord} from "../types/ProductWord.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Repricing} from "./Repricing.sol";
import {Terms} from "./Terms.sol";

/// @dev What a drawdown asks for.
struct Draw {
    uint128 amount;
    uint64 payees;
    uint24 expiry;
    uint24 valueDate;
    uint24 today;
}

/// @dev From an application to money lent.
library Origination {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;

    // ------------------------------------------------------------------ application
    function applyFor(
        Ledger storage l, Wiring calldata w, uint64 id, ILoanBook.Application calldata a, uint24 today, PersonId maker
    ) external {
        ProductWord terms = l.product(a.product);
        ICustomerRegistry.Customer memory c = w.customers.customerOf(a.customer);
        // The customer's own codes were checked when it was registered.
        if (a.industry != c.industry || a.region != c.region) _checkCodes(a.industry, a.region);
        _checkApplication(id, a, terms, today);
        Position memory p;
        p.customer = CustomerId.unwrap(a.customer);
        p.product = a.product;
        (p.industry, p.region) = (a.industry, a.region);
        p.maturity = a.maturity;
        p.rate = uint40(a.rate);
        p.terms = LoanCodec.packFlags(terms, _isRatingExempt(c.kind));
        p.state = LoanState.Applied;
        p.undrawn = a.amount;
        p.accrued = uint256(uint32(a.purpose)) | (uint256(PersonId.unwrap(maker)) << 32);
        p.availableUntil = terms.approvalDays();
        if (terms.isServed()) _applyServed(l, w, id, p, a, today);
        l.store(id, p);
        _tellApplied(id, a, today, maker);
    }

    function _checkApplication(uint64 id, ILoanBook.Application calldata a, ProductWord terms, uint256 today)
        private
        pure
    {
        if (a.amount == 0 || a.amount > terms.maxAmount()) {
            revert ILoanBook.LoanBook_AmountInvalid(id, a.amount, terms.maxAmount());
        }
        uint256 latest = FixedPointMathLib.min(today + terms.maxTermDays(), MAX_DAY);
        if (a.maturity <= today || a.maturity > latest) {
            revert ILoanBook.LoanBook_MaturityInvalid(a.maturity, uint24(today + 1), uint24(latest));
        }
        Terms.checkLife(terms.cycleMonths(), today, a.maturity);
        if (a.rate < 0 || uint40(a.rate) > terms.maxRate()) {
            revert ILoanBook.LoanBook_RateInvalid(a.rate, int40(uint40(terms.maxRate())));
        }
    }

    /// @dev What the product's servicing terms ask of an application.
    function _applyServed(
        Ledger storage l, Wiring calldata w, uint64 id, Position memory p, ILoanBook.Application calldata a, uint24 today
    ) private {
        p.servicing = l.servicing[a.product];
        if (p.servicing.index() != 0) Repricing.checkRate(l, p.servicing, a.rate, today);
        if (p.servicing.isCovenanted()) w.covenants.checkEntry(a.customer, a.product);
        if (!p.servicing.isSigned()) return;
        if (a.termsHash == 0) revert ILoanTerms.LoanBook_DocumentMissing(a.product);
        l.documents[id] = a.termsHash;
    }

    function _checkCodes(bytes4 industry, bytes6 region) private pure {
        if (!Codes.isIndustry(industry) || !Codes.isRegion(region)) revert ILoanBook.LoanBook_CodeInvalid(industry, region);
    }

    /// @dev Natural persons and retail pools are scored by product, not rated one by one.
    function _isRatingExempt(CustomerKind kind) private pure returns (bool) {
        return kind == CustomerKind.Person || kind == CustomerKind.RetailPool;
    }

    function _tellApplied(uint64 id, ILoanBook.Application calldata a, uint24 today, PersonId maker) private {
        emit ILoanBook.LoanApplied(
            id, CustomerId.unwrap(a.customer), a.product, a.industry, a.region, a.purpose, a.amount, a.rate, a.maturity, today,
            PersonId.unwrap(maker), a.termsHash
        );
    }

    // ------------------------------------------------------------------ approval
    function approve(Ledger storage l, Wiring calldata w, LoanId loanId, uint24 today, PersonId checker) external {
        uint64 id = Books.raw(loanId);
        Position memory p = l.load(id);
        Books.check(id, p, APPROVE);
        Books.differs(PersonId.wrap(uint32(p.accrued >> 32)), checker);
        if (today >= p.maturity) {
            revert ILoanBook.LoanBook_MaturityInvalid(uint24(p.maturity), today + 1, uint24(p.maturity));
        }
        if (!p.ratingExempt()) _checkRating(w, p.customer, today);
        p.state = LoanState.Approved;
        p.availableUntil = FixedPointMathLib.min(today + p.availableUntil, p.maturity - 1);
        p.accruedThrough = p.availableUntil;
        l.store(id, p);
        emit ILoanBook.LoanApproved(id, uint128(p.undrawn), uint24(p.availableUntil), today, PersonId.unwrap(checker));
        w.policy.reserve(loanId, Books.keys(p), uint128(p.undrawn));
        if (p.servicing.isCovenanted()) enter(w, p);
    }

    /// @dev The customer's loans of the product come under its covenants, at the grade that holds.
    function enter(Wiring calldata w, Position memory p) internal {
        CustomerId customer = CustomerId.wrap(uint32(p.customer));
        (uint8 grade,) = w.ratings.ratingOf(customer);
        w.covenants.enter(customer, uint16(p.product), grade);
    }

    function _checkRating(Wiring calldata w, uint256 customer, uint24 today) private view {
        (uint8 grade, uint24 expiresOn) = w.ratings.ratingOf(CustomerId.wrap(uint32(customer)));
        if (grade == 0 || expiresOn < today) revert ILoanBook.LoanBook_RatingMissing(uint32(customer), expiresOn);
    }

    function deny(Ledger storage l, uint64 id, bytes32 reasonHash, uint24 today, PersonId person) external {
        Position memory p = l.load(id);
        Books.check(id, p, DENY);
        p.state = LoanState.Denied;
        p.undrawn = 0;
        p.availableUntil = 0;
        l.store(id, p);
        emit ILoanBook.LoanDenied(id, reasonHash, today, PersonId.unwrap(person));
    }

    function lapse(Ledger storage l, Wiring calldata w, uint64 id, uint24 today) external {
        Position memory p = l.load(id);
        Books.check(id, p, LAPSE);
        if (p.undrawn == 0) revert ILoanBook.LoanBook_NothingUndrawn(id);
        if (today <= p.availableUntil) {
            revert ILoanBook.LoanBook_ApprovalStillAvailable(id, uint24(p.availableUntil));
        }
        uint256 amount = p.undrawn;
        p.undrawn = 0;
        if (p.state == LoanState.Approved) p.state = LoanState.Lapsed;
        else Books.closeIfSettled(p);
        l.store(id, p);
        emit ILoanBook.ApprovalLapsed(id, uint128(amount), uint8(p.state), today);
        Books.tellClosed(id, p, today);
        w.policy.unreserve(Books.keys(p), uint128(amount));
    }

    // ------------------------------------------------------------------ drawdown
    /// @dev Pay the whole loan out outside the token.
    function originate(Ledger storage l, Wiring calldata w, LoanId loanId, uint24 valueDate, uint24 today, uint32[] calldata liens)
        external
    {
        Position memory p = _loadDrawable(l, w, Books.raw(loanId), ORIGINATE, today);
        uint256 amount = p.undrawn;
        _lend(l, loanId, p, amount, valueDate, address(0));
        _checkCover(w, loanId, p, l.products[uint16(p.product)].maxLoanToValue(), liens);
        w.policy.convert(Books.keys(p), uint128(amount));
    }

    /// @dev Draw into the customer's account, as earmarked money.
    function drawDown(Ledger storage l, Wiring calldata w, LoanId loanId, Draw calldata d, uint32[] calldata liens) external {
        Position memory p = _loadDrawable(l, w, Books.raw(loanId), DRAW, d.today);
        if (d.amount == 0 || d.amount > p.undrawn) {
            revert ILoanBook.LoanBook_AmountInvalid(Books.raw(loanId), d.amount, p.undrawn);
        }
        address account = w.customers.accountOf(CustomerId.wrap(uint32(p.customer)));
        if (account == address(0)) revert ILoanBook.LoanBook_NoAccount(uint32(p.customer));
        bytes4 purpose = p.state == LoanState.Approved ? bytes4(uint32(p.accrued)) : bytes4(0);
        _lend(l, loanId, p, d.amount, d.valueDate, account);
        ProductWord terms = l.products[uint16(p.product)];
        _checkCover(w, loanId, p, terms.maxLoanToValue(), liens);
        w.policy.convert(Books.keys(p), d.amount);
        w.token.creditDrawdown(loanId, account, d.amount, d.payees, purpose, d.expiry, terms.earmarkMode());
    }

    function _loadDrawable(Ledger storage l, Wiring calldata w, uint64 id, Act act, uint24 today)
        private
        view
        returns (Position memory p)
    {
        p = l.load(id);
        Books.check(id, p, act);
        if (today > p.availableUntil) revert ILoanBook.LoanBook_ApprovalLapsed(id, uint24(p.availableUntil));
        if (p.servicing.isSigned() && !p.isSigned()) revert ILoanTerms.LoanBook_NotSigned(id);
        if (p.servicing.isCovenanted()) w.covenants.checkDrawing(CustomerId.wrap(uint32(p.customer)), uint16(p.product));
    }

    function _lend(Ledger storage l, LoanId loanId, Position memory p, uint256 amount, uint24 valueDate, address account)
        private
    {
        uint64 id = Books.raw(loanId);
        if (p.state == LoanState.Approved) {
            p.state = LoanState.Active;
            p.category = uint256(Category.Pass);
            (p.start, p.accruedThrough) = (valueDate, valueDate);
            p.accrued = 0;
        } else {
            l.advance(id, p, valueDate, 0);
            // Drawing fees fall due with each drawdown, and so do not stop the next.
            uint256 spared = p.servicing.drawingFee() == 0 ? 0 : p.feeDue;
            if (p.due() != spared) revert ILoanBook.LoanBook_InArrears(id, uint24(p.oldestDue));
            l.drawn[id] = l.drawn[id].withDrawing(valueDate, p.principal);
        }
        if (p.servicing.isSet()) _checkNextDue(l, id, p, valueDate);
        p.principal += amount;
        p.undrawn -= amount;
        Books.number(id, p);
        p.fixInstalment();
        uint256 posting = p.postings;
        uint256 fee = amount * p.servicing.drawingFee() / 1e9;
        if (fee != 0) _addFee(id, p, fee);
        l.store(id, p);
        _tellDrawn(id, p, posting, amount, valueDate, account);
        if (fee != 0) _tellFee(id, p, fee, valueDate);
    }

    /// @dev A rule that moves due dates back must leave one after every drawdown, for the money to fall due.
    function _checkNextDue(Ledger storage l, uint64 id, Position memory p, uint24 valueDate) private view {
        uint256 due = l.nextDue(p);
        if (due <= valueDate) revert ILoanTerms.LoanBook_DueBeforeStart(id, uint24(due), valueDate);
    }

    /// @dev The fee of a drawdown, rounded down, is a posting of its own, so that it can be reversed by itself.
    function _addFee(uint64 id, Position memory p, uint256 fee) private pure {
        if (fee > MAX_MONEY - p.feeDue) revert ILoanBook.LoanBook_AmountInvalid(id, fee, MAX_MONEY - p.feeDue);
        p.feeDue += fee;
        Books.number(id, p);
    }

    /// @dev By the product's terms, so by no person.
    function _tellFee(uint64 id, Position memory p, uint256 fee, uint24 valueDate) private {
        emit ILoanBook.LoanCharged(
            id, uint8(ChargeKind.Fee), uint16(p.postings), valueDate, uint128(fee), uint128(p.feeDue), uint128(p.penaltyDue), 0
        );
    }

    function _tellDrawn(uint64 id, Position memory p, uint256 posting, uint256 amount, uint24 valueDate, address account) private {
        emit ILoanBook.LoanDrawn(
            id, account, uint16(posting), valueDate, uint128(amount), uint128(p.principal), uint128(p.undrawn), p.accrued,
            uint128(p.instalmentAmount), uint16(p.instalment)
        );
    }

    /// @dev All principal must be covered at the product's loan-to-value; stale appraisals cover nothing new.
    function _checkCover(Wiring calldata w, LoanId loanId, Position memory p, uint256 maxLoanToValue, uint32[] calldata liens)
        private
        view
    {
        if (maxLoanToValue == 0) return;
        (uint128 cover, bool stale) = w.collateral.coverOf(loanId, CustomerId.wrap(uint32(p.customer)), liens);
        if (stale) cover = 0;
        uint256 needed = FixedPointMathLib.divUp(p.principal * 1e9, maxLoanToValue);
        if (cover < needed) revert ILoanBook.LoanBook_CoverInsufficient(Books.raw(loanId), cover, uint128(needed));
    }
}
