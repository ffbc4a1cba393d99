// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IAccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/IAccessControlEnumerable.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {ITitleRegistry} from "../../interfaces/ITitleRegistry.sol";
import {Governed} from "../governance/Governed.sol";
import {Role} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {bit} from "../types/Seat.sol";

/// @title TitleRegistry
/// @dev The ledger of tokens is OpenZeppelin's; here are who mints, what may move and who is told. See ITitleRegistry.
contract TitleRegistry is ITitleRegistry, Governed, ERC721 {
    mapping(uint256 title => bool) private _restricted;

    constructor(address authority_) Governed(authority_) ERC721("Titles to registered objects", "TITLE") {}

    /// @inheritdoc ITitleRegistry
    function mint(address owner, uint256 title) external {
        _only(Role.Collateral);
        address holder = _ownerOf(title);
        if (holder != address(0)) revert TitleRegistry_AlreadyRegistered(title, holder);
        _mint(owner, title);
    }

    /// @inheritdoc ITitleRegistry
    function handOver(address to, uint256 title) external {
        _only(Role.Collateral);
        _transfer(_existing(title), to, title);
    }

    /// @inheritdoc ITitleRegistry
    function restrict(uint256 title, bool restricted) external {
        PersonId person = _only(Role.CreditBureau);
        _postingDay();
        _existing(title);
        _restricted[title] = restricted;
        emit TitleRestricted(title, restricted, PersonId.unwrap(person));
    }

    /// @inheritdoc ITitleRegistry
    function isRestricted(uint256 title) external view returns (bool) {
        return _restricted[title];
    }

    /// @inheritdoc ITitleRegistry
    function exists(uint256 title) external view returns (bool) {
        return _ownerOf(title) != address(0);
    }

    /// @inheritdoc ITitleRegistry
    function ownerOf(uint256 title) public view override(ERC721, ITitleRegistry) returns (address) {
        return _existing(title);
    }

    /// @dev Every move passes here. `operator` is the caller of a transfer, and zero for mints and hand-overs, which the
    /// collateral registry makes itself and need not be told of.
    function _update(address to, uint256 title, address operator) internal override returns (address from) {
        if (operator == address(0)) return super._update(to, title, operator);
        if (_restricted[title]) revert TitleRegistry_Restricted(title);
        from = super._update(to, title, operator);
        bytes32 role = bytes32(uint256(bit(Role.Collateral)));
        uint256 registries = IAccessControlEnumerable(authority).getRoleMemberCount(role);
        for (uint256 i = 0; i < registries; ++i) {
            address registry = IAccessControlEnumerable(authority).getRoleMember(role, i);
            ICollateralRegistry(registry).titleMoved(title, from, to);
        }
    }

    function _existing(uint256 title) private view returns (address holder) {
        holder = _ownerOf(title);
        if (holder == address(0)) revert TitleRegistry_Unknown(title);
    }
}
