// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev What a node (a customer or a connected group) bears as a guarantor and who stands for it, in one storage word:
/// bits 0-55 capacity, 56-111 live cover, 112-135 guarantees ever given, 136-143 number of guarantor nodes,
/// 144-255 the first two of them. The others follow four to a word.
type GuarantorWord is uint256;

/// @dev A guarantor node (bits 0-39) and how many live guarantees bind it (bits 40-55).
type Edge is uint256;

using {capacityOf, liveOf, givenOf, degreeOf, withCapacity, withLive, withGiven, withDegree} for GuarantorWord global;
using {nodeOf, countOf} for Edge global;

uint256 constant MONEY_MASK = type(uint56).max;

function capacityOf(GuarantorWord word) pure returns (uint128) {
    return uint56(GuarantorWord.unwrap(word));
}

function liveOf(GuarantorWord word) pure returns (uint128) {
    return uint56(GuarantorWord.unwrap(word) >> 56);
}

function givenOf(GuarantorWord word) pure returns (uint24) {
    return uint24(GuarantorWord.unwrap(word) >> 112);
}

function degreeOf(GuarantorWord word) pure returns (uint8) {
    return uint8(GuarantorWord.unwrap(word) >> 136);
}

/// @dev The caller has checked that money fits 56 bits.
function withCapacity(GuarantorWord word, uint128 capacity) pure returns (GuarantorWord) {
    return GuarantorWord.wrap(GuarantorWord.unwrap(word) & ~MONEY_MASK | capacity);
}

function withLive(GuarantorWord word, uint128 live) pure returns (GuarantorWord) {
    return GuarantorWord.wrap(GuarantorWord.unwrap(word) & ~(MONEY_MASK << 56) | uint256(live) << 56);
}

function withGiven(GuarantorWord word, uint24 given) pure returns (GuarantorWord) {
    return GuarantorWord.wrap(GuarantorWord.unwrap(word) & ~(uint256(type(uint24).max) << 112) | uint256(given) << 112);
}

function withDegree(GuarantorWord word, uint8 degree) pure returns (GuarantorWord) {
    return GuarantorWord.wrap(GuarantorWord.unwrap(word) & ~(uint256(type(uint8).max) << 136) | uint256(degree) << 136);
}

function newEdge(uint64 node, uint256 count) pure returns (Edge) {
    return Edge.wrap(node | count << 40);
}

function nodeOf(Edge edge) pure returns (uint64) {
    return uint40(Edge.unwrap(edge));
}

function countOf(Edge edge) pure returns (uint256) {
    return Edge.unwrap(edge) >> 40;
}
