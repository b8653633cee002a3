using System.Text.Json.Serialization;

namespace Postern.Contracts.OAuth;

/// <summary>JSON of the login server, made at compile time; add a type here before it is sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(DeviceAuthorizationResponse))]
[JsonSerializable(typeof(OAuthError))]
[JsonSerializable(typeof(StepUpChallenge))]
[JsonSerializable(typeof(CertificateRequest))]
[JsonSerializable(typeof(CertificateResponse))]
[JsonSerializable(typeof(AuthorityList))]
[JsonSerializable(typeof(AuthorizationServerMetadata))]
public sealed partial class OAuthJsonContext : JsonSerializerContext;
