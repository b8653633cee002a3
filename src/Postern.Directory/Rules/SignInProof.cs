using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Rules;

/// <summary>What a sign-in proved, as far as organizations ask for it.</summary>
public sealed record SignInProof
{
    /// <summary>Nothing beyond who the person is; a plain SSH key proves no more.</summary>
    public static SignInProof None { get; } = new();

    /// <summary>True when there was a second factor.</summary>
    public bool HasMfa { get; init; }

    /// <summary>Names of the providers that the person signed in at.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>Reads authentication methods (RFC 8176) that are separated by spaces.</summary>
    public static SignInProof Of(string methods) => Of(methods.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Reads authentication methods.</summary>
    public static SignInProof Of(IReadOnlyCollection<string> methods) => new()
    {
        HasMfa = methods.Contains("mfa", StringComparer.Ordinal),
        Providers = [.. methods.Select(SsoMethod.ProviderOf).OfType<string>()],
    };

    /// <summary>Whether the person signed in at a provider.</summary>
    public bool IsBy(string provider) => Providers.Contains(provider, StringComparer.Ordinal);
}
