// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LibBitmap} from "solady/src/utils/LibBitmap.sol";
import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {Governed} from "../governance/Governed.sol";
import {LienState, Role} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {LienWord, activeLien} from "../types/LienWord.sol";
import {ObjectWord} from "../types/ObjectWord.sol";
import {Enforcement} from "./Enforcement.sol";
import {Objects} from "./Objects.sol";

/// @title CollateralRegistry
/// @dev Liens over the objects that Objects keeps: one slot each. A lien's number tells its object's index and its rank, so
/// that an object's liens are found in rank without a list. Sales are in Enforcement. See ICollateralRegistry.
contract CollateralRegistry is Enforcement {
    using LibBitmap for LibBitmap.Bitmap;

    struct Consent {
        // slot 0
        address account;
        uint56 amount;
    }

    uint256 private constant MOST_LIENS_BY_ACTS = 64; // at a time
    /// @dev Numbers that acts leave for facts, of the 255 there are.
    uint256 private constant LIENS_FOR_FACTS = 64;

    mapping(uint256 title => mapping(LoanId => Consent)) private _consents;
    LibBitmap.Bitmap private _closed;

    constructor(address authority_, address titles, address customers) Governed(authority_) Objects(titles, customers) {}

    // ---------------------------------------------------------------- liens

    /// @inheritdoc ICollateralRegistry
    function consent(uint256 title, LoanId loanId, uint128 amount) external {
        uint24 businessDate = _actingDay();
        CustomerId owner = _existing(title).ownerOf();
        if (TITLES.ownerOf(title) != msg.sender) revert CollateralRegistry_NotOwner(title, msg.sender);
        _checkHolder(title, owner, msg.sender);
        if (LoanId.unwrap(loanId) == 0 || amount > type(uint56).max) {
            revert CollateralRegistry_LienInvalid(title, LoanId.unwrap(loanId), CustomerId.unwrap(owner), amount);
        }
        _consents[title][loanId] = Consent({account: amount == 0 ? address(0) : msg.sender, amount: uint56(amount)});
        emit ConsentGiven(title, LoanId.unwrap(loanId), CustomerId.unwrap(owner), amount, businessDate);
    }

    /// @inheritdoc ICollateralRegistry
    function pledge(uint256 title, LoanId loanId, CustomerId borrower, uint128 amount) external {
        PersonId person = _only(Role.LoanOfficer);
        uint24 businessDate = _actingDay();
        ObjectWord object = _existing(title);
        uint32 party = CustomerId.unwrap(borrower);
        _checkLien(title, loanId, party, amount, LoanId.unwrap(loanId) != 0 && party != 0);
        if (object.validUntil() < businessDate) {
            revert CollateralRegistry_AppraisalStale(title, uint24(object.validUntil()), businessDate);
        }
        if (object.liensOf() != 0) _checkRoom(title, object, _checkSecondLien(title, object, loanId, 0));
        uint256 coverValue = _coverValue(object);
        if (object.pledgedOf() + amount > coverValue) {
            revert CollateralRegistry_CoverExceeded(title, uint128(object.pledgedOf()), amount, uint128(coverValue));
        }
        CustomerId owner = object.ownerOf();
        if (owner != borrower) _useConsent(title, loanId, owner, borrower, amount);
        _place(title, loanId, party, 0, amount, object, businessDate, person);
    }

    function _useConsent(uint256 title, LoanId loanId, CustomerId owner, CustomerId borrower, uint128 amount) private {
        Consent memory given = _consents[title][loanId];
        bool agreed = given.account != address(0) && given.account == TITLES.ownerOf(title) && given.amount >= amount;
        if (!agreed) {
            revert CollateralRegistry_NoConsent(title, CustomerId.unwrap(owner), CustomerId.unwrap(borrower));
        }
        _checkHolder(title, owner, given.account);
        delete _consents[title][loanId];
    }

    /// @inheritdoc ICollateralRegistry
    function recordLien(uint256 title, uint32 lender, uint128 amount) external {
        PersonId person = _only(Role.CreditBureau);
        uint24 businessDate = _postingDay();
        ObjectWord object = _existing(title);
        _checkLien(title, LoanId.wrap(0), lender, amount, lender != 0);
        _placeFact(title, object, LoanId.wrap(0), lender, amount, businessDate, person);
    }

    /// @inheritdoc ICollateralRegistry
    function importLiens(uint32 importId, ImportedLien[] calldata rows) external {
        PersonId person = _only(Role.LoanOfficer);
        uint24 businessDate = _postingDay();
        uint256 total;
        for (uint256 i = 0; i < rows.length; ++i) {
            ImportedLien calldata row = rows[i];
            ObjectWord object = _existing(row.title);
            bool oneCreditor = (LoanId.unwrap(row.loanId) == 0) != (row.lender == 0);
            _checkLien(row.title, row.loanId, row.lender, row.amount, oneCreditor);
            _checkSecondLien(row.title, object, row.loanId, row.lender);
            total += row.amount;
            _placeFact(row.title, object, row.loanId, row.lender, row.amount, businessDate, person);
        }
        _count(importId, rows.length, total);
    }

    function _checkLien(uint256 title, LoanId loanId, uint32 party, uint128 amount, bool complete) private pure {
        if (complete && amount != 0 && amount <= type(uint56).max) return;
        revert CollateralRegistry_LienInvalid(title, LoanId.unwrap(loanId), party, amount);
    }

    /// @dev Released liens leave their places, not their numbers.
    function _checkRoom(uint256 title, ObjectWord object, uint256 active) private pure {
        uint256 placed = object.liensOf();
        if (active >= MOST_LIENS_BY_ACTS || placed >= type(uint8).max - LIENS_FOR_FACTS) {
            revert CollateralRegistry_TooManyLiens(title, uint8(placed));
        }
    }

    /// @dev A loan, or in an import another lender, has one active lien on an object.
    /// @return active How many active liens there are.
    function _checkSecondLien(uint256 title, ObjectWord object, LoanId loanId, uint32 lender)
        private
        view
        returns (uint256 active)
    {
        for (uint32 lien = object.lastLienOf(); uint8(lien) != 0; --lien) {
            LienWord other = _liens[lien];
            if (!other.isActive()) continue;
            ++active;
            if (other.loanOf() == loanId && (LoanId.unwrap(loanId) != 0 || other.partyOf() == lender)) {
                revert CollateralRegistry_AlreadyPledged(title, LoanId.unwrap(loanId), lender);
            }
        }
    }

    /// @dev Place a lien that exists whether or not the value carries it.
    function _placeFact(
        uint256 title,
        ObjectWord object,
        LoanId loanId,
        uint32 lender,
        uint128 amount,
        uint24 businessDate,
        PersonId person
    ) private {
        if (object.liensOf() == type(uint8).max) revert CollateralRegistry_TooManyLiens(title, type(uint8).max);
        _place(title, loanId, 0, lender, amount, object, businessDate, person);
        _callMargin(title, object.plusLien(amount), businessDate);
    }

    /// @dev The caller has checked that the object may bear another lien.
    function _place(
        uint256 title,
        LoanId loanId,
        uint32 borrower,
        uint32 lender,
        uint128 amount,
        ObjectWord object,
        uint24 businessDate,
        PersonId person
    ) private {
        object = object.plusLien(amount);
        uint32 lien = object.lastLienOf();
        _liens[lien] = activeLien(title, loanId, amount, borrower | lender); // never both
        _objects[title] = object;
        emit LienPlaced(
            lien, title, LoanId.unwrap(loanId), borrower, lender, amount, uint8(lien), uint128(object.pledgedOf()),
            businessDate, PersonId.unwrap(person)
        );
    }

    // ---------------------------------------------------------------- release

    /// @inheritdoc ICollateralRegistry
    function proposeRelease(uint32 lien, uint128 amount) external {
        PersonId person = _only(Role.LoanOfficer);
        uint24 businessDate = _postingDay();
        _checkOwnRelease(lien, _active(lien), amount);
        _releases[lien] = ReleaseProposal({amount: uint56(amount), person: person, madeOn: businessDate});
        emit ReleaseProposed(lien, amount, PersonId.unwrap(person));
    }

    /// @inheritdoc ICollateralRegistry
    function release(uint32 lien, uint128 amount) external {
        PersonId person = _only(Role.Approver);
        uint24 businessDate = _postingDay();
        LienWord word = _active(lien);
        _checkOwnRelease(lien, word, amount);
        ReleaseProposal memory proposal = _releases[lien];
        if (proposal.amount != amount) revert CollateralRegistry_NotProposed(lien, amount);
        _checkLasts(lien, proposal.madeOn, businessDate);
        _differs(proposal.person, person);
        _release(lien, word, amount, businessDate, person);
    }

    /// @inheritdoc ICollateralRegistry
    function releaseClosed(uint32 lien) external {
        uint24 businessDate = _postingDay();
        LienWord word = _active(lien);
        LoanId loanId = word.loanOf();
        if (LoanId.unwrap(loanId) == 0) revert CollateralRegistry_LenderDiffers(lien, word.partyOf());
        if (!_closed.get(LoanId.unwrap(loanId))) {
            revert CollateralRegistry_LoanStillOwes(lien, LoanId.unwrap(loanId));
        }
        _release(lien, word, uint128(word.amountOf()), businessDate, _callerPerson());
    }

    /// @inheritdoc ICollateralRegistry
    function recordRelease(uint32 lien, uint128 amount) external {
        PersonId person = _only(Role.CreditBureau);
        uint24 businessDate = _postingDay();
        LienWord word = _active(lien);
        _checkRelease(lien, word, amount, false);
        _release(lien, word, amount, businessDate, person);
    }

    /// @inheritdoc ICollateralRegistry
    function markClosed(LoanId loanId, bool closed) external {
        _only(Role.Book);
        _closed.setTo(LoanId.unwrap(loanId), closed);
    }

    /// @inheritdoc ICollateralRegistry
    function markSold(LoanId loanId) external {
        _only(Role.Book);
        _sold.set(LoanId.unwrap(loanId));
    }

    /// @inheritdoc ICollateralRegistry
    function assignLien(uint32 lien, uint32 lender) external {
        PersonId person = _only(Role.CreditBureau);
        uint24 businessDate = _postingDay();
        LienWord word = _active(lien);
        (uint64 loan, uint128 amount) = (LoanId.unwrap(word.loanOf()), uint128(word.amountOf()));
        if (!_sold.get(loan)) revert CollateralRegistry_LoanNotSold(lien, loan);
        if (lender == 0) revert CollateralRegistry_LienInvalid(word.titleOf(), loan, lender, amount);
        _liens[lien] = activeLien(word.titleOf(), LoanId.wrap(0), amount, lender);
        delete _releases[lien];
        emit LienAssigned(lien, word.titleOf(), loan, lender, amount, businessDate, PersonId.unwrap(person));
    }

    /// @dev With a loan its buyer bought the lien, whoever the register still names.
    function _checkOwnRelease(uint32 lien, LienWord word, uint128 amount) private view {
        _checkRelease(lien, word, amount, true);
        uint64 loan = LoanId.unwrap(word.loanOf());
        if (_sold.get(loan)) revert CollateralRegistry_LoanSold(lien, loan);
    }

    /// @dev This bank's liens are its own to release, another lender's are a bureau's to record.
    function _checkRelease(uint32 lien, LienWord word, uint128 amount, bool own) private pure {
        if ((LoanId.unwrap(word.loanOf()) != 0) != own) {
            revert CollateralRegistry_LenderDiffers(lien, own ? word.partyOf() : 0);
        }
        if (amount == 0 || amount > word.amountOf()) {
            revert CollateralRegistry_ReleaseExceeds(lien, amount, uint128(word.amountOf()));
        }
    }

    function _release(uint32 lien, LienWord word, uint128 amount, uint24 businessDate, PersonId person) private {
        uint256 title = word.titleOf();
        ObjectWord object = _objects[title];
        uint128 left = uint128(word.amountOf()) - amount;
        uint128 pledged = uint128(object.pledgedOf()) - amount;
        _liens[lien] = word.withAmount(left, left == 0 ? LienState.Released : LienState.Active);
        _objects[title] = object.withPledged(pledged);
        delete _releases[lien];
        if (pledged == 0) delete _enforcements[title]; // later liens are no reason for an earlier sale
        emit LienReleased(lien, title, amount, left, pledged, businessDate, PersonId.unwrap(person));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICollateralRegistry
    function coverOf(LoanId loanId, CustomerId borrower, uint32[] calldata liens)
        external
        view
        returns (uint128 cover, bool stale)
    {
        uint24 businessDate = _today();
        uint32 previous;
        for (uint256 i = 0; i < liens.length; ++i) {
            uint32 lien = liens[i];
            if (lien <= previous) revert CollateralRegistry_LiensOutOfOrder(lien);
            previous = lien;
            LienWord word = _active(lien);
            _checkSecures(lien, word, loanId, borrower);
            ObjectWord object = _objects[word.titleOf()];
            cover += uint128(_coverOfLien(lien, word.amountOf(), object));
            if (object.validUntil() < businessDate) stale = true;
        }
    }

    /// @dev A lien of an opening book names no borrower; the loan it names suffices.
    function _checkSecures(uint32 lien, LienWord word, LoanId loanId, CustomerId borrower) private pure {
        uint32 party = word.partyOf();
        bool ofBorrower = party == 0 || party == CustomerId.unwrap(borrower);
        if (word.loanOf() != loanId || LoanId.unwrap(loanId) == 0 || !ofBorrower) {
            revert CollateralRegistry_LienNotOfLoan(lien, LoanId.unwrap(loanId), CustomerId.unwrap(borrower));
        }
    }

    /// @dev While the value carries every lien, none need be summed.
    function _coverOfLien(uint32 lien, uint256 amount, ObjectWord object) private view returns (uint256) {
        uint256 left = _coverValue(object);
        if (left >= object.pledgedOf()) return amount;
        for (uint32 prior = lien - uint8(lien) + 1; prior < lien; ++prior) {
            LienWord word = _liens[prior];
            if (!word.isActive()) continue;
            if (word.amountOf() >= left) return 0;
            left -= word.amountOf();
        }
        return amount < left ? amount : left;
    }

    function _active(uint32 lien) private view returns (LienWord word) {
        word = _liens[lien];
        if (!word.isActive()) revert CollateralRegistry_LienNotActive(lien, uint8(word.stateOf()));
    }

    /// @inheritdoc ICollateralRegistry
    function lienOf(uint32 lien) external view returns (Lien memory) {
        LienWord word = _liens[lien];
        bool own = LoanId.unwrap(word.loanOf()) != 0;
        return Lien({
            title: word.titleOf(),
            loanId: word.loanOf(),
            borrower: CustomerId.wrap(own ? word.partyOf() : 0),
            amount: uint128(word.amountOf()),
            lender: own ? 0 : word.partyOf(),
            rank: word.stateOf() == LienState.None ? 0 : uint8(lien),
            state: word.stateOf()
        });
    }

    /// @inheritdoc ICollateralRegistry
    function isClosed(LoanId loanId) external view returns (bool) {
        return _closed.get(LoanId.unwrap(loanId));
    }

    /// @inheritdoc ICollateralRegistry
    function isSold(LoanId loanId) external view returns (bool) {
        return _sold.get(LoanId.unwrap(loanId));
    }

    /// @inheritdoc ICollateralRegistry
    function consentOf(uint256 title, LoanId loanId) external view returns (address account, uint128 amount) {
        Consent storage given = _consents[title][loanId];
        return (given.account, given.amount);
    }

    /// @inheritdoc ICollateralRegistry
    function releaseProposalOf(uint32 lien) external view returns (uint128 amount, uint32 person) {
        ReleaseProposal storage proposal = _releases[lien];
        return (proposal.amount, PersonId.unwrap(proposal.person));
    }
}
