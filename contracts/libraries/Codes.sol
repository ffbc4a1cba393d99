// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev Short codes: capital letters, digits and hyphens, left-aligned and padded with zeros.
library Codes {
    /// @dev An industry: a section letter, then its division ("K70"); zero where somebody belongs to none.
    function isIndustry(bytes4 code) internal pure returns (bool) {
        return code == 0 || (_isLetter(uint8(code[0])) && _isCode(uint32(code), 32));
    }

    /// @dev A region after ISO 3166-2 ("CN-GD"); never zero.
    function isRegion(bytes6 code) internal pure returns (bool) {
        return _isLetter(uint8(code[0])) && _isCode(uint48(code), 48);
    }

    /// @dev `word` holds `bits` bits of text; after the first zero nothing may follow.
    function _isCode(uint256 word, uint256 bits) private pure returns (bool) {
        uint256 left = word << (256 - bits);
        while (left != 0) {
            uint256 character = left >> 248;
            bool allowed = _isLetter(character) || (character >= 0x30 && character <= 0x39) || character == 0x2d;
            if (!allowed) return false;
            left <<= 8;
        }
        return true;
    }

    function _isLetter(uint256 character) private pure returns (bool) {
        return character >= 0x41 && character <= 0x5a;
    }
}
