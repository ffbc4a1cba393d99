// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {LienState, Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {LienWord} from "../types/LienWord.sol";
import {ObjectWord} from "../types/ObjectWord.sol";
import {Objects} from "./Objects.sol";

/// @dev Sales of objects against which liens are enforced, and whom the price pays. See ICollateralRegistry.
abstract contract Enforcement is Objects {
    struct ReleaseProposal {
        // slot 0
        uint56 amount;
        PersonId person;
    }

    struct EnforcementProposal {
        // slot 0
        address buyer;
        uint56 proceeds;
        PersonId person;
    }

    mapping(uint32 lien => LienWord) internal _liens;
    mapping(uint32 lien => ReleaseProposal) internal _releases;
    mapping(uint256 title => EnforcementProposal) internal _enforcements;

    // ---------------------------------------------------------------- enforcement

    /// @inheritdoc ICollateralRegistry
    function proposeEnforcement(uint256 title, uint128 proceeds, address buyer) external {
        PersonId person = _only(Role.Collector);
        _actingDay();
        if (_existing(title).pledgedOf() == 0) revert CollateralRegistry_NothingPledged(title);
        if (proceeds > type(uint56).max || buyer == address(0) || buyer == address(this)) {
            revert CollateralRegistry_SaleInvalid(title, proceeds, buyer);
        }
        _enforcements[title] = EnforcementProposal({buyer: buyer, proceeds: uint56(proceeds), person: person});
        emit EnforcementProposed(title, proceeds, buyer, PersonId.unwrap(person));
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
        _differs(proposal.person, person); // something is pledged, or the proposal would have lapsed
        delete _enforcements[title];
        uint128 surplus = _payLiens(title, object, proceeds, businessDate);
        object = object.withPledged(0).withAppraisal(
            0, object.haircutOf(), object.appraisedOn(), object.validUntil()
        );
        _objects[title] = object;
        emit CollateralEnforced(title, proceeds, surplus, businessDate, PersonId.unwrap(person));
        _changeOwner(title, object, CUSTOMERS.customerOfAccount(buyer));
        TITLES.handOver(buyer, title);
    }

    /// @dev Pay active liens in rank; what is left over is the surplus.
    function _payLiens(uint256 title, ObjectWord object, uint128 proceeds, uint24 businessDate) private returns (uint128 rest) {
        rest = proceeds;
        uint32 last = object.lastLienOf();
        for (uint32 lien = last - uint8(last) + 1; lien <= last; ++lien) {
            LienWord word = _liens[lien];
            if (!word.isActive()) continue;
            uint128 amount = uint128(word.amountOf());
            uint128 paid = amount < rest ? amount : rest;
            uint128 shortfall = amount - paid;
            rest -= paid;
            _liens[lien] = word.withAmount(0, LienState.Enforced);
            delete _releases[lien];
            emit LienEnforced(lien, title, LoanId.unwrap(word.loanOf()), paid, shortfall, businessDate);
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
