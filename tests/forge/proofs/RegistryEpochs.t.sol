// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";

import {Registry} from "./Registry.sol";

/// @notice The order of the epochs of a municipality, and who changes its settings.
contract RegistryEpochs is Registry {
    EnrolmentRegistry private _registry;
    uint16 private _concerned;
    bool private _keysAreAnnounced;

    function setUp() public {
        _registry = new EnrolmentRegistry(keccak256("instance"));
        svm.enableSymbolicStorage(address(_registry));
    }

    /// @custom:halmos --loop 10
    function check_Epochs_AreInOrderAfterDeployment(uint16 municipality, uint32 epoch) public {
        EnrolmentRegistry fresh = new EnrolmentRegistry(keccak256("instance"));
        assert(_areOrdered(fresh, municipality));
        assert(_isAnnouncedWithKeys(fresh, municipality, epoch));
    }

    /// @dev Assumes of the epoch that the call names what check_Keys_StandOnlyForAnnouncedEpochs shows of every epoch.
    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Epochs_StayInOrderAndNeverGoDown(address caller, uint16 municipality) public {
        (_concerned, _keysAreAnnounced) = (municipality, true);
        vm.assume(_areOrdered(_registry, municipality));
        (uint32 oldest, uint32 current, uint32 announced) = _epochs(_registry, municipality);

        _callAnything(caller, address(_registry), "EnrolmentRegistry");

        (uint32 newOldest, uint32 newCurrent, uint32 newAnnounced) = _epochs(_registry, municipality);
        assert(_areOrdered(_registry, municipality));
        assert(_all(newOldest >= oldest, _all(newCurrent >= current, newAnnounced >= announced)));
    }

    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Keys_StandOnlyForAnnouncedEpochs(address caller, uint16 municipality, uint32 epoch) public {
        vm.assume(_isAnnouncedWithKeys(_registry, municipality, epoch));
        _callAnything(caller, address(_registry), "EnrolmentRegistry");
        assert(_isAnnouncedWithKeys(_registry, municipality, epoch));
    }

    /// @dev Epochs and their keys: the keeper only. Everything else that `municipality` shows: the administrator only.
    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Settings_OnlyTheirKeeperAndAdministratorChangeThem(
        address caller,
        uint16 municipality,
        uint32 epoch,
        uint8 kind
    ) public {
        _emptyTexts(_registry, municipality);
        bool keeper = _has(_registry, EPOCH_KEEPER, municipality, caller);
        bool administrator = _has(_registry, ADMINISTRATOR, municipality, caller);
        bytes32 epochs = _epochsWord(municipality);
        bytes32 others = _othersOf(municipality);
        bytes32 key = _registry.evaluatorKey(municipality, epoch, kind);

        _callAnything(caller, address(_registry), "EnrolmentRegistry");

        assert(_any(_epochsWord(municipality) == epochs, keeper));
        assert(_any(_registry.evaluatorKey(municipality, epoch, kind) == key, keeper));
        assert(_any(_othersOf(municipality) == others, administrator));
    }

    /// @dev Announced keys are for good: whoever changes them could have other answers counted for the same tags.
    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Keys_AreAnnouncedOnce(address caller, uint16 municipality, uint32 epoch, uint8 kind) public {
        (, , uint32 announced) = _epochs(_registry, municipality);
        vm.assume(epoch <= announced);
        bytes32 key = _registry.evaluatorKey(municipality, epoch, kind);

        _callAnything(caller, address(_registry), "EnrolmentRegistry");

        assert(_registry.evaluatorKey(municipality, epoch, kind) == key);
    }

    function _beforeCall(bytes memory data) internal override {
        _emptyTextsOf(_registry, data);
        if (!_keysAreAnnounced) return;
        uint32 epoch; // the second argument, where the call has an epoch
        assembly ("memory-safe") {
            epoch := and(mload(add(data, 68)), 0xffffffff)
        }
        vm.assume(_isAnnouncedWithKeys(_registry, _concerned, epoch));
    }

    function _areOrdered(EnrolmentRegistry registry, uint16 municipality) private view returns (bool) {
        (uint32 oldest, uint32 current, uint32 announced) = _epochs(registry, municipality);
        return _all(_all(oldest <= current, current <= announced), (oldest == 0) == (current == 0));
    }

    function _isAnnouncedWithKeys(
        EnrolmentRegistry registry,
        uint16 municipality,
        uint32 epoch
    ) private view returns (bool) {
        (, , uint32 announced) = _epochs(registry, municipality);
        return _any(epoch <= announced, registry.evaluatorKey(municipality, epoch, 1) == bytes32(0));
    }

    function _epochsWord(uint16 municipality) private view returns (bytes32) {
        (uint32 oldest, uint32 current, uint32 announced) = _epochs(_registry, municipality);
        return bytes32((uint256(oldest) << 64) | (uint256(current) << 32) | announced);
    }

    /// @dev The signer, the key for claims and the texts, of which the slot tells whether they are still empty.
    function _othersOf(uint16 municipality) private view returns (bytes32) {
        (bytes32 signer, bytes32 key, bytes32 contact, bytes32 url) = _otherWords(_registry, municipality);
        return keccak256(abi.encode(signer, key, contact, url));
    }
}
