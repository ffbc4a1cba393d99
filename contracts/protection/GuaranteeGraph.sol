// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Edge, GuarantorWord, newEdge} from "../types/GuarantorWord.sol";

/// @dev Who stands for whom, among nodes. Each node lists those that stand for it, for a borrower has few guarantors while
/// a guarantor may have many beneficiaries; so the check for a circle walks short lists.
abstract contract GuaranteeGraph {
    uint256 private constant EDGE_BITS = 56;
    uint256 private constant EDGE_MASK = (1 << EDGE_BITS) - 1;
    uint256 private constant FIRST_SHIFT = 144; // of a word's first edge
    uint256 private constant FIRST_EDGES = 2; // in the word itself
    uint256 private constant EDGES_PER_WORD = 4;

    mapping(uint64 node => GuarantorWord) internal _guarantorWords;
    mapping(uint64 node => mapping(uint256 word => uint256)) private _furtherEdges;

    /// @dev Whether a guarantee of `guarantor` for `beneficiary` would close, or closes, a circle of one, two or three nodes.
    /// @return closes Whether it does. @return through The third node; zero in a circle of two, the node itself in one of one.
    function _circle(uint64 guarantor, uint64 beneficiary) internal view returns (bool closes, uint64 through) {
        if (guarantor == beneficiary) return (true, guarantor);
        GuarantorWord word = _guarantorWords[guarantor];
        uint256 degree = word.degreeOf();
        for (uint256 i = 0; i < degree; ++i) {
            if (_edge(guarantor, word, i).nodeOf() == beneficiary) return (true, 0);
        }
        for (uint256 i = 0; i < degree; ++i) {
            uint64 third = _edge(guarantor, word, i).nodeOf();
            GuarantorWord thirds = _guarantorWords[third];
            if (_position(third, thirds, beneficiary) != thirds.degreeOf()) return (true, third);
        }
    }

    /// @dev Count one more guarantee of `guarantor` for `beneficiary`.
    /// @return added Whether the list had room for it.
    function _bind(uint64 guarantor, uint64 beneficiary, uint256 most) internal returns (bool added) {
        GuarantorWord word = _guarantorWords[beneficiary];
        uint256 degree = word.degreeOf();
        uint256 at = _position(beneficiary, word, guarantor);
        uint256 count;
        if (at == degree) {
            if (degree >= most) return false;
            word = word.withDegree(uint8(degree + 1));
        } else {
            count = _edge(beneficiary, word, at).countOf();
            if (count == type(uint16).max) return false;
        }
        _write(beneficiary, word, at, newEdge(guarantor, count + 1));
        return true;
    }

    /// @dev Count one guarantee less; with the last, the last of the list takes its place.
    function _unbind(uint64 guarantor, uint64 beneficiary) internal {
        GuarantorWord word = _guarantorWords[beneficiary];
        uint256 at = _position(beneficiary, word, guarantor);
        uint256 count = _edge(beneficiary, word, at).countOf();
        if (count != 1) {
            _write(beneficiary, word, at, newEdge(guarantor, count - 1));
            return;
        }
        uint256 last = uint256(word.degreeOf()) - 1;
        Edge moved = _edge(beneficiary, word, last);
        word = _write(beneficiary, word, last, Edge.wrap(0)).withDegree(uint8(last));
        if (at == last) _guarantorWords[beneficiary] = word;
        else _write(beneficiary, word, at, moved);
    }

    /// @dev The nodes that stand for a node, and by how many live guarantees each.
    function _guarantors(uint64 node) internal view returns (uint64[] memory nodes, uint32[] memory counts) {
        GuarantorWord word = _guarantorWords[node];
        uint256 degree = word.degreeOf();
        nodes = new uint64[](degree);
        counts = new uint32[](degree);
        for (uint256 i = 0; i < degree; ++i) {
            Edge edge = _edge(node, word, i);
            nodes[i] = edge.nodeOf();
            counts[i] = uint32(edge.countOf());
        }
    }

    /// @dev Where `guarantor` is in a node's list; the list's length where it is not.
    function _position(uint64 node, GuarantorWord word, uint64 guarantor) private view returns (uint256 at) {
        uint256 degree = word.degreeOf();
        while (at < degree && _edge(node, word, at).nodeOf() != guarantor) ++at;
    }

    function _edge(uint64 node, GuarantorWord word, uint256 at) private view returns (Edge) {
        if (at < FIRST_EDGES) {
            return Edge.wrap((GuarantorWord.unwrap(word) >> FIRST_SHIFT + EDGE_BITS * at) & EDGE_MASK);
        }
        at -= FIRST_EDGES;
        uint256 further = _furtherEdges[node][at / EDGES_PER_WORD];
        return Edge.wrap((further >> EDGE_BITS * (at % EDGES_PER_WORD)) & EDGE_MASK);
    }

    /// @dev Write an edge, and the node's word with it.
    function _write(uint64 node, GuarantorWord word, uint256 at, Edge edge) private returns (GuarantorWord written) {
        written = word;
        if (at < FIRST_EDGES) {
            uint256 shift = FIRST_SHIFT + EDGE_BITS * at;
            uint256 rest = GuarantorWord.unwrap(word) & ~(EDGE_MASK << shift);
            written = GuarantorWord.wrap(rest | Edge.unwrap(edge) << shift);
        } else {
            uint256 further = at - FIRST_EDGES;
            uint256 shift = EDGE_BITS * (further % EDGES_PER_WORD);
            uint256 rest = _furtherEdges[node][further / EDGES_PER_WORD] & ~(EDGE_MASK << shift);
            _furtherEdges[node][further / EDGES_PER_WORD] = rest | Edge.unwrap(edge) << shift;
        }
        _guarantorWords[node] = written;
    }
}
