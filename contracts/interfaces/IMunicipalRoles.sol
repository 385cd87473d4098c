// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @title What every contract of the system shares: municipalities, their roles, and the identity of the deployment
/// @notice A role is a verb within one municipality. The administrator of a municipality gives and takes the roles of
/// that municipality and no other; the administrator of the network (OpenZeppelin's DEFAULT_ADMIN_ROLE) registers
/// municipalities and names their administrators.
interface IMunicipalRoles {
    /// @notice A municipality takes part from now on.
    /// @param municipality CBS code
    /// @param administrator account that gives and takes the roles of this municipality
    event MunicipalityRegistered(uint16 indexed municipality, address indexed administrator);

    /// @notice The instance id given at deployment is zero, so it identifies nothing.
    error ZeroInstanceId();

    /// @notice Zero is no municipality code.
    error ZeroMunicipality();

    /// @notice The zero address can administer nothing.
    /// @param municipality code that was to be registered
    error ZeroAdministrator(uint16 municipality);

    /// @notice A municipality is registered once.
    /// @param municipality code that is registered already
    error MunicipalityAlreadyRegistered(uint16 municipality);

    /// @notice Nobody registered this municipality here.
    /// @param municipality code that was given
    error UnknownMunicipality(uint16 municipality);

    /// @notice The role is no verb of a registered municipality, so granting it would mean nothing today and perhaps
    /// too much later.
    /// @param role id that was given
    error UnknownRole(bytes32 role);

    /// @notice The first two bytes of a tag, dossier or claim id are not the code of the municipality it is written for.
    /// @param value the tag, dossier or claim id
    /// @param municipality code that its first two bytes should be
    error ForeignPrefix(bytes32 value, uint16 municipality);

    /// @notice A batch without an item changes nothing; sending it is a mistake.
    error EmptyBatch();

    /// @notice Registers a municipality and gives its administrator the role for it.
    /// @param municipality CBS code, not zero
    /// @param administrator account that is to give and take the roles of this municipality
    /// @custom:privacy An observer learns that the municipality takes part and which account administers it.
    function registerMunicipality(uint16 municipality, address administrator) external;

    /// @notice Whether a municipality takes part here.
    /// @param municipality CBS code
    /// @return whether it was registered
    function isRegistered(uint16 municipality) external view returns (bool);

    /// @notice The verb that a role stands for.
    /// @param role id as `roleOf` gives it
    /// @return the verb, or zero when the role belongs to no registered municipality
    function verbOf(bytes32 role) external view returns (bytes32);

    /// @notice The random id of this deployment: a wiped chain gives the same addresses again, but not the same id.
    /// @return 32 bytes, never zero
    function instanceId() external view returns (bytes32);

    /// @notice The id of a role: what `grantRole`, `revokeRole` and `hasRole` take.
    /// @param verb one of the verbs of the contract, such as `REGISTRAR`
    /// @param municipality CBS code
    /// @return keccak256(abi.encode(verb, municipality))
    function roleOf(bytes32 verb, uint16 municipality) external pure returns (bytes32);

    /// @notice The version of the source, in the form major.minor.patch; a new version is a new deployment.
    /// @return the version
    function version() external pure returns (string memory);
}
