// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title Titles to registered objects, one ERC-721 token each
/// @notice A title's token id is the keyed tag of its object: the leading 96 bits of HMAC-SHA256 of the bank's reference of
/// the object, under a key the bank keeps. So the same object cannot be registered twice, and the reference stays off the
/// chain. A title has no token URI. Who holds a title owns the object; its liens follow it. The contracts that hold
/// Role.Collateral, by the authority's own table, are told of every transfer.
interface ITitleRegistry {
    /// @notice A restriction on moving a title was registered or lifted, as the public register tells.
    event TitleRestricted(uint256 indexed title, bool restricted, uint32 person);

    /// @notice Thrown when an object already has a title.
    error TitleRegistry_AlreadyRegistered(uint256 title, address owner);
    /// @notice Thrown when a restricted title would move.
    error TitleRegistry_Restricted(uint256 title);
    /// @notice Thrown when a title does not exist.
    error TitleRegistry_Unknown(uint256 title);

    /// @notice Mint the title of an object. Only the collateral registry.
    function mint(address owner, uint256 title) external;
    /// @notice Hand a title over by a decision of the collateral registry: to its owner's new account, or to the buyer of
    /// an enforced object. A restriction does not stop it. Only the collateral registry.
    function handOver(address to, uint256 title) external;
    /// @notice Record that a restriction was registered or lifted. Only credit bureaus.
    function restrict(uint256 title, bool restricted) external;

    /// @return Whether a title may not move.
    function isRestricted(uint256 title) external view returns (bool);
    /// @return Whether a title exists.
    function exists(uint256 title) external view returns (bool);
    /// @return The account that holds a title. Reverts for an unknown one.
    function ownerOf(uint256 title) external view returns (address);
}
