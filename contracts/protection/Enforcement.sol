// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IAccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/IAccessControlEnumerable.sol";
import {LibBitmap} from "solady/src/utils/LibBitmap.sol";
import {IBackOffice} from "../../interfaces/IBackOffice.sol";
import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {PROPOSAL_DAYS} from "../governance/Governed.sol";
import {LienState, Role} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {LienWord} from "../types/LienWord.sol";
import {ObjectWord} from "../types/ObjectWord.sol";
import {Seat, bit} from "../types/Seat.sol";
import {Objects} from "./Objects.sol";

/// @dev Sales of objects against which liens are enforced, and whom the price pays. See ICollateralRegistry.
abstract contract Enforcement is Objects {
    using LibBitmap for LibBitmap.Bitmap;

    struct ReleaseProposal {
        // slot 0
        uint56 amount;
        PersonId person;
        uint24 madeOn;
    }

    struct EnforcementProposal {
        // slot 0
        address buyer;
        uint56 proceeds;
        PersonId person;
        // slot 1
        uint24 madeOn;
        bool elsewhere; // at another lender's instance
    }

    mapping(uint32 lien => LienWord) internal _liens;
    mapping(uint32 lien => ReleaseProposal) internal _releases;
    mapping(uint256 title => EnforcementProposal) internal _enforcements;
    LibBitmap.Bitmap internal _sold;

    // ---------------------------------------------------------------- enforcement

    /// @inheritdoc ICollateralRegistry
    function proposeEnforcement(uint256 title, uint128 proceeds, address buyer) external {
        _proposeSale(title, proceeds, buyer, _only(Role.Collector), false);
    }

    /// @inheritdoc ICollateralRegistry
    function reportEnforcement(uint256 title, uint128 proceeds, address buyer) external {
        _proposeSale(title, proceeds, buyer, _only(Role.CreditBureau), true);
    }

    function _proposeSale(uint256 title, uint128 proceeds, address buyer, PersonId person, bool elsewhere) private {
        uint24 businessDate = _actingDay();
        ObjectWord object = _existing(title);
        if (object.pledgedOf() == 0) revert CollateralRegistry_NothingPledged(title);
        if (proceeds > type(uint56).max || buyer == address(0) || buyer == address(this)) {
            revert CollateralRegistry_SaleInvalid(title, proceeds, buyer);
        }
        _checkBuyer(buyer, person);
        _claims(title, object, elsewhere);
        _enforcements[title] = EnforcementProposal({
            buyer: buyer, proceeds: uint56(proceeds), person: person, madeOn: businessDate, elsewhere: elsewhere
        });
        emit EnforcementProposed(title, proceeds, buyer, PersonId.unwrap(person));
    }

    /// @dev Nobody sells to himself what is another's.
    function _checkBuyer(address buyer, PersonId person) private view {
        _differs(Seat.wrap(IGoverned(address(this)).seatOf(buyer)).person(), person);
    }

    /// @inheritdoc ICollateralRegistry
    function enforce(uint256 title, uint128 proceeds, address buyer) external {
        PersonId person = _only(Role.Approver);
        uint24 businessDate = _actingDay();
        ObjectWord object = _existing(title);
        EnforcementProposal memory proposal = _enforcements[title];
        if (proposal.buyer == address(0) || proposal.buyer != buyer || proposal.proceeds != proceeds) {
            revert CollateralRegistry_NotProposed(title, proceeds);
        }
        _checkLasts(title, proposal.madeOn, businessDate);
        _differs(proposal.person, person); // something is pledged, or the proposal would have lapsed
        _checkBuyer(buyer, person);
        delete _enforcements[title];
        uint128 surplus = _payLiens(title, object, proceeds, _claims(title, object, proposal.elsewhere), businessDate);
        object = object.withPledged(0).withAppraisal(
            0, object.haircutOf(), object.appraisedOn(), object.validUntil()
        );
        _objects[title] = object;
        emit CollateralEnforced(title, proceeds, surplus, businessDate, PersonId.unwrap(person));
        _changeOwner(title, object, CUSTOMERS.customerOfAccount(buyer));
        TITLES.handOver(buyer, title);
    }

    function _checkLasts(uint256 subject, uint24 madeOn, uint24 businessDate) internal pure {
        uint24 last = madeOn + PROPOSAL_DAYS;
        if (businessDate > last) revert CollateralRegistry_ProposalExpired(subject, last, businessDate);
    }

    /// @dev What each lien of an object secures, by rank from zero. Somebody must have a right to sell: this bank under a lien for
    /// a loan in default, or, where it is told so, another lender.
    function _claims(uint256 title, ObjectWord object, bool elsewhere) private view returns (uint256[] memory claims) {
        uint32 first = object.lastLienOf() - uint32(object.liensOf()) + 1;
        claims = new uint256[](object.liensOf());
        bool founded;
        for (uint32 i = 0; i < claims.length; ++i) {
            LienWord word = _liens[first + i];
            if (!word.isActive()) continue;
            bool own;
            bool inDefault;
            (claims[i], own, inDefault) = _claim(word);
            if (claims[i] != 0 && (elsewhere ? !own : inDefault)) founded = true;
        }
        if (!founded) revert CollateralRegistry_NotEnforceable(title, elsewhere);
    }

    /// @dev A lien secures what its borrower owes under its loan, up to its amount. One of an opening book names no borrower; the
    /// loan it names suffices. Of another lender's claim no more is known than its lien; the buyer of a loan is another lender.
    function _claim(LienWord word) private view returns (uint256 claim, bool own, bool inDefault) {
        LoanId loanId = word.loanOf();
        if (LoanId.unwrap(loanId) == 0) return (word.amountOf(), false, false);
        own = !_sold.get(LoanId.unwrap(loanId));
        CustomerId borrower;
        uint32 party = word.partyOf();
        (borrower, inDefault, claim) = _book().claimOf(loanId);
        if (party != 0 && party != CustomerId.unwrap(borrower)) return (0, own, false);
        if (!own || claim > word.amountOf()) claim = word.amountOf();
    }

    function _book() private view returns (IBackOffice) {
        IAccessControlEnumerable seats = IAccessControlEnumerable(authority);
        bytes32 role = bytes32(uint256(bit(Role.Book)));
        uint256 books = seats.getRoleMemberCount(role);
        if (books != 1) revert CollateralRegistry_NotOneBook(books);
        return IBackOffice(seats.getRoleMember(role, 0));
    }

    /// @dev Pay active liens in rank; what is left over is the surplus.
    function _payLiens(uint256 title, ObjectWord object, uint128 proceeds, uint256[] memory claims, uint24 businessDate)
        private
        returns (uint128 rest)
    {
        rest = proceeds;
        uint32 last = object.lastLienOf();
        for (uint32 lien = last - uint8(last) + 1; lien <= last; ++lien) {
            LienWord word = _liens[lien];
            if (!word.isActive()) continue;
            uint128 claim = uint128(claims[uint8(lien) - 1]);
            uint128 paid = claim < rest ? claim : rest;
            rest -= paid;
            _liens[lien] = word.withAmount(0, LienState.Enforced);
            delete _releases[lien];
            emit LienEnforced(
                lien, title, LoanId.unwrap(word.loanOf()), paid, claim - paid, uint128(word.amountOf()) - claim, businessDate
            );
        }
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICollateralRegistry
    function enforcementProposalOf(uint256 title)
        external
        view
        returns (uint128 proceeds, address buyer, uint32 person)
    {
        EnforcementProposal storage proposal = _enforcements[title];
        return (proposal.proceeds, proposal.buyer, PersonId.unwrap(proposal.person));
    }
}
