// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev A claim split among those who answer for it in ranks, pro rata within a rank.
library RankedShares {
    /// @dev Lower ranks pay first and in full before the next pays anything. Within the rank that cannot be filled,
    /// participant i pays floor(rest x A(i) / T) - floor(rest x A(i-1) / T), where A(i) sums the rank's amounts up to i and T all of
    /// them: each is within one unit of its exact share, none pays more than its amount, and the sum is exact.
    /// @return shares What each pays. @return unmet What of the claim nobody pays.
    function split(uint128[] memory amounts, uint8[] memory ranks, uint128 claim)
        internal
        pure
        returns (uint128[] memory shares, uint128 unmet)
    {
        shares = new uint128[](amounts.length);
        unmet = claim;
        uint256 rank = _lowest(ranks, 0);
        while (unmet != 0 && rank <= type(uint8).max) {
            uint256 total = _totalAt(amounts, ranks, rank);
            uint256 paid = total < unmet ? total : unmet;
            _splitWithin(shares, amounts, ranks, rank, paid, total);
            unmet -= uint128(paid);
            rank = _lowest(ranks, rank + 1);
        }
    }

    function _splitWithin(
        uint128[] memory shares,
        uint128[] memory amounts,
        uint8[] memory ranks,
        uint256 rank,
        uint256 paid,
        uint256 total
    ) private pure {
        uint256 amountsSoFar;
        uint256 paidSoFar;
        for (uint256 i = 0; i < amounts.length; ++i) {
            if (ranks[i] != rank) continue;
            amountsSoFar += amounts[i];
            uint256 paidThrough = paid * amountsSoFar / total;
            shares[i] = uint128(paidThrough - paidSoFar);
            paidSoFar = paidThrough;
        }
    }

    function _totalAt(uint128[] memory amounts, uint8[] memory ranks, uint256 rank) private pure returns (uint256 total) {
        for (uint256 i = 0; i < amounts.length; ++i) {
            if (ranks[i] == rank) total += amounts[i];
        }
    }

    /// @dev The lowest rank not below `from`; 256 where there is none.
    function _lowest(uint8[] memory ranks, uint256 from) private pure returns (uint256 lowest) {
        lowest = uint256(type(uint8).max) + 1;
        for (uint256 i = 0; i < ranks.length; ++i) {
            if (ranks[i] >= from && ranks[i] < lowest) lowest = ranks[i];
        }
    }
}
