// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";
import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {Registry} from "./Registry.sol";

/// @notice What the registry answers about a tag, and when it refuses to answer.
contract RegistryAnswers is Registry {
    EnrolmentRegistry private _registry;

    function setUp() public {
        _registry = new EnrolmentRegistry(keccak256("instance"));
        svm.enableSymbolicStorage(address(_registry));
    }

    /// @custom:halmos --loop 10
    function check_IsKnown_RefusesExactlyWhatIsNotOpen(bytes32 tag) public view {
        (bool answered, bytes memory data) = address(_registry).staticcall(abi.encodeCall(_registry.isKnown, (tag)));
        assert(answered == _isOpen(tag));
        if (answered) {
            assert(abi.decode(data, (bool)) == (_enrolment(_registry, tag) != 0));
        } else {
            assert(keccak256(data) == keccak256(_refusal(tag)));
        }
    }

    /// @custom:halmos --loop 10 --array-lengths tags={0,1,2,3}
    function check_AreKnown_RefusesExactlyWhatIsNotOpen(bytes32[] calldata tags) public view {
        (bool answered, bytes memory data) = address(_registry).staticcall(abi.encodeCall(_registry.areKnown, (tags)));
        assert(answered == _areOpen(tags));
        if (!answered) {
            assert(keccak256(data) == keccak256(_refusal(_firstClosed(tags))));
            return;
        }
        bool[] memory known = abi.decode(data, (bool[]));
        assert(known.length == tags.length);
        for (uint256 i = 0; i < tags.length; ++i) assert(known[i] == (_enrolment(_registry, tags[i]) != 0));
    }

    /// @dev That the word of a tag is 0 or 1 is what check_Tags_AreZeroOrOne shows.
    /// @custom:halmos --loop 10 --array-lengths tags={0,1,2,3}
    function check_KnownBitmap_RefusesExactlyWhatIsNotOpen(bytes32[] calldata tags) public view {
        for (uint256 i = 0; i < tags.length; ++i) vm.assume(_enrolment(_registry, tags[i]) <= 1);
        (bool answered, bytes memory data) = address(_registry).staticcall(
            abi.encodeCall(_registry.knownBitmap, (tags))
        );
        assert(answered == _areOpen(tags));
        if (!answered) {
            assert(keccak256(data) == keccak256(_refusal(_firstClosed(tags))));
            return;
        }
        uint256[] memory bitmap = abi.decode(data, (uint256[]));
        assert(bitmap.length == (tags.length == 0 ? 0 : 1));
        uint256 expected = 0;
        for (uint256 i = 0; i < tags.length; ++i) expected |= _enrolment(_registry, tags[i]) << i;
        if (tags.length != 0) assert(bitmap[0] == expected);
    }

    /// @custom:halmos --loop 10
    function check_MunicipalityOf_IsZeroUnlessKnownAndOpen(bytes32 tag) public view {
        bool known = _all(_enrolment(_registry, tag) != 0, _isOpen(tag));
        (bool answered, bytes memory data) = address(_registry).staticcall(
            abi.encodeCall(_registry.municipalityOf, (tag))
        );
        assert(answered);
        assert(abi.decode(data, (uint16)) == uint16(uint256(_when(known, bytes32(uint256(_prefix(tag)))))));
    }

    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2,3 --default-bytes-lengths 0,32,257
    function check_Tags_AreZeroOrOne(address caller, bytes32 tag) public {
        vm.assume(_enrolment(_registry, tag) <= 1);
        _callAnything(caller, address(_registry), "EnrolmentRegistry");
        assert(_enrolment(_registry, tag) <= 1);
    }

    function _beforeCall(bytes memory data) internal override {
        _emptyTextsOf(_registry, data);
    }

    /// @dev From the oldest to the current epoch, once one was opened.
    function _isOpen(bytes32 tag) private view returns (bool) {
        (uint32 oldest, uint32 current, ) = _epochs(_registry, _prefix(tag));
        uint32 epoch = uint32(uint256(tag) >> 208);
        return _all(current != 0, _all(oldest <= epoch, epoch <= current));
    }

    function _areOpen(bytes32[] calldata tags) private view returns (bool open) {
        open = true;
        for (uint256 i = 0; i < tags.length; ++i) open = _all(open, _isOpen(tags[i]));
    }

    function _firstClosed(bytes32[] calldata tags) private view returns (bytes32 closed) {
        bool found = false;
        for (uint256 i = 0; i < tags.length; ++i) {
            bool here = _all(!found, !_isOpen(tags[i]));
            closed |= _when(here, tags[i]);
            found = _any(found, here);
        }
    }

    function _refusal(bytes32 tag) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, _prefix(tag), uint32(uint256(tag) >> 208));
    }
}
