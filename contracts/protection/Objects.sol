// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {ITitleRegistry} from "../../interfaces/ITitleRegistry.sol";
import {Importing} from "../governance/Importing.sol";
import {known} from "../governance/Known.sol";
import {CollateralKind, Role} from "../types/Enums.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";
import {ObjectWord, newObject} from "../types/ObjectWord.sol";

/// @dev Registered objects: what they are worth, who owns them, where their titles are. See ICollateralRegistry.
abstract contract Objects is ICollateralRegistry, Importing {
    uint256 private constant PPB = 1e9;

    ITitleRegistry internal immutable TITLES;
    ICustomerRegistry internal immutable CUSTOMERS;

    /// @inheritdoc ICollateralRegistry
    uint24 public objects;
    mapping(uint256 title => ObjectWord) internal _objects;

    constructor(address titles, address customers) {
        TITLES = ITitleRegistry(titles);
        CUSTOMERS = ICustomerRegistry(customers);
    }

    // ---------------------------------------------------------------- registration

    /// @inheritdoc ICollateralRegistry
    function register(Registration calldata registration) external {
        PersonId person = _only(Role.Appraiser);
        _register(registration, _actingDay(), 0, person);
    }

    /// @inheritdoc ICollateralRegistry
    function importCollateral(uint32 importId, Registration[] calldata rows) external {
        PersonId person = _only(Role.LoanOfficer);
        uint24 businessDate = _postingDay();
        uint256 total;
        for (uint256 i = 0; i < rows.length; ++i) {
            total += rows[i].value;
            _register(rows[i], businessDate, importId, person);
        }
        _count(importId, rows.length, total);
    }

    function _register(Registration calldata row, uint24 businessDate, uint32 importId, PersonId person) private {
        CollateralKind kind = CollateralKind(known(row.kind, uint8(type(CollateralKind).max)));
        bool named = row.title != 0 && row.title <= type(uint96).max && kind != CollateralKind.None;
        bool valid = named && row.value != 0;
        _checkAppraisal(valid, row.title, row.value, row.haircut, row.appraisedOn, row.validUntil, businessDate);
        _objects[row.title] = newObject(row.owner, ++objects, kind).withAppraisal(
            row.value, row.haircut, row.appraisedOn, row.validUntil
        );
        emit CollateralRegistered(
            row.title, row.kind, CustomerId.unwrap(row.owner), row.region, row.value, row.haircut, row.appraisedOn,
            row.validUntil, importId, PersonId.unwrap(person)
        );
        // The title registry refuses a second title, and with it this whole call.
        TITLES.mint(_holderFor(row.owner), row.title);
    }

    /// @dev The account that holds a customer's titles: the customer's, or this registry while there is none.
    function _holderFor(CustomerId owner) private view returns (address account) {
        account = CUSTOMERS.accountOf(owner);
        if (account == address(0)) {
            CUSTOMERS.nodeOf(owner); // reverts for an unknown customer; one with an account is known
            account = address(this);
        }
    }

    // ---------------------------------------------------------------- appraisal

    /// @inheritdoc ICollateralRegistry
    function revalue(uint256 title, uint128 value, uint32 haircut, uint24 appraisedOn, uint24 validUntil) external {
        PersonId person = _only(Role.Appraiser);
        uint24 businessDate = _postingDay();
        ObjectWord object = _existing(title);
        bool later = appraisedOn >= object.appraisedOn();
        _checkAppraisal(later, title, value, haircut, appraisedOn, validUntil, businessDate);
        uint128 previous = uint128(object.valueOf());
        object = object.withAppraisal(value, haircut, appraisedOn, validUntil);
        _objects[title] = object;
        emit CollateralRevalued(title, value, previous, haircut, appraisedOn, validUntil, PersonId.unwrap(person));
        _callMargin(title, object, businessDate);
    }

    function _checkAppraisal(
        bool valid,
        uint256 title,
        uint128 value,
        uint32 haircut,
        uint24 appraisedOn,
        uint24 validUntil,
        uint24 businessDate
    ) private pure {
        bool dated = appraisedOn <= businessDate && appraisedOn <= validUntil && validUntil <= type(uint16).max;
        if (!valid || !dated || value > type(uint56).max || haircut > PPB) {
            revert CollateralRegistry_Invalid(title, value, haircut, appraisedOn, validUntil);
        }
    }

    /// @dev A value after haircut below what is pledged is told, whatever brought it about.
    function _callMargin(uint256 title, ObjectWord object, uint24 businessDate) internal {
        uint256 coverValue = _coverValue(object);
        uint256 pledged = object.pledgedOf();
        if (coverValue < pledged) emit MarginCalled(title, uint128(coverValue), uint128(pledged), businessDate);
    }

    // ---------------------------------------------------------------- ownership

    /// @inheritdoc ICollateralRegistry
    function alignTitle(uint256 title) external {
        _postingDay();
        ObjectWord object = _existing(title);
        CustomerId owner = object.ownerOf();
        address holder = TITLES.ownerOf(title);
        if (CustomerId.unwrap(owner) == 0) {
            owner = CUSTOMERS.customerOfAccount(holder);
            if (CustomerId.unwrap(owner) == 0) revert CollateralRegistry_NothingToAlign(title);
            _changeOwner(title, object, owner);
        } else {
            address account = CUSTOMERS.accountOf(owner);
            if (account == address(0) || account == holder) revert CollateralRegistry_NothingToAlign(title);
            TITLES.handOver(account, title);
        }
    }

    /// @inheritdoc ICollateralRegistry
    function titleMoved(uint256 title, address from, address to) external {
        if (msg.sender != address(TITLES)) revert CollateralRegistry_NotOwner(title, msg.sender);
        ObjectWord object = _objects[title];
        if (object.indexOf() == 0) return;
        // What the registry holds, it keeps for a customer; it owns nothing.
        if (to == address(this)) revert CollateralRegistry_NotOwner(title, to);
        _checkHolder(title, object.ownerOf(), from);
        _changeOwner(title, object, CUSTOMERS.customerOfAccount(to));
    }

    /// @dev An account that its customer has left still holds tokens until they are aligned, but no longer acts for the owner.
    function _checkHolder(uint256 title, CustomerId owner, address account) internal view {
        if (CustomerId.unwrap(owner) != 0 && CUSTOMERS.accountOf(owner) != account) {
            revert CollateralRegistry_NotOwner(title, account);
        }
    }

    function _changeOwner(uint256 title, ObjectWord object, CustomerId owner) internal {
        CustomerId previous = object.ownerOf();
        if (owner == previous) return;
        _objects[title] = object.withOwner(owner);
        emit OwnerChanged(title, CustomerId.unwrap(owner), CustomerId.unwrap(previous));
    }

    // ---------------------------------------------------------------- views

    /// @dev Rounded down: a fraction of a fen of haircut counts against the borrower.
    function _coverValue(ObjectWord object) internal pure returns (uint256) {
        unchecked {
            return object.valueOf() * (PPB - object.haircutOf()) / PPB; // a haircut is at most all of it
        }
    }

    function _existing(uint256 title) internal view returns (ObjectWord object) {
        object = _objects[title];
        if (ObjectWord.unwrap(object) == 0) revert CollateralRegistry_Unknown(title);
    }

    /// @inheritdoc ICollateralRegistry
    function collateralOf(uint256 title) external view returns (Collateral memory) {
        ObjectWord object = _existing(title);
        return Collateral({
            owner: object.ownerOf(),
            kind: object.kindOf(),
            value: uint128(object.valueOf()),
            haircut: uint32(object.haircutOf()),
            appraisedOn: uint24(object.appraisedOn()),
            validUntil: uint24(object.validUntil()),
            pledged: uint128(object.pledgedOf()),
            liens: uint8(object.liensOf()),
            index: uint24(object.indexOf())
        });
    }
}
