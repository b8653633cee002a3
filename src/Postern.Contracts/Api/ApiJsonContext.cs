using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>JSON of the REST API, made at compile time; add a type here before it is sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(UserProfile))]
[JsonSerializable(typeof(ExtendedAccessList))]
[JsonSerializable(typeof(Dictionary<string, ProjectReference?>))]
[JsonSerializable(typeof(Dictionary<string, OrganizationReference?>))]
[JsonSerializable(typeof(Dictionary<string, UserReference?>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Organization))]
[JsonSerializable(typeof(OrganizationList))]
[JsonSerializable(typeof(Project))]
[JsonSerializable(typeof(IReadOnlyList<ProjectEnvironment>))]
[JsonSerializable(typeof(ProjectEnvironment))]
[JsonSerializable(typeof(Deployment))]
[JsonSerializable(typeof(IReadOnlyList<Deployment>))]
[JsonSerializable(typeof(LegacyAccount))]
[JsonSerializable(typeof(SshKey))]
[JsonSerializable(typeof(IReadOnlyList<SshKey>))]
[JsonSerializable(typeof(SshKeyCreation))]
[JsonSerializable(typeof(ApiToken))]
[JsonSerializable(typeof(IReadOnlyList<ApiToken>))]
[JsonSerializable(typeof(ApiTokenCreation))]
[JsonSerializable(typeof(RegionList))]
[JsonSerializable(typeof(ProblemDocument))]
public sealed partial class ApiJsonContext : JsonSerializerContext;
