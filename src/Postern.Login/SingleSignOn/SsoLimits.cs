namespace Postern.Login.SingleSignOn;

/// <summary>What is accepted from providers, and for how long; each with its reason.</summary>
internal static class SsoLimits
{
    /// <summary>Bytes of a document from a provider: the largest key sets in use have some 20 KiB.</summary>
    public const int Document = 256 * 1024;

    /// <summary>Depth of such a document; discovery documents nest three levels.</summary>
    public const int DocumentDepth = 16;

    /// <summary>Characters of an ID token: providers that list a person's groups in it come to a few KiB.</summary>
    public const int IdToken = 32 * 1024;

    /// <summary>Characters of an access or refresh token that a provider gives us; Entra's refresh tokens have about 2,000.</summary>
    public const int ProviderToken = 16 * 1024;

    /// <summary>Characters of an address in a discovery document, and of an issuer that people type.</summary>
    public const int Url = 2048;

    /// <summary>Keys of a provider; in a rollover there are two or three.</summary>
    public const int Keys = 64;

    /// <summary>Methods or classes in an ID token that are looked at.</summary>
    public const int Methods = 32;

    /// <summary>The longest wait for one answer of a provider: a person waits behind it.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait for a connection to it.</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(5);

    /// <summary>How long discovery documents and keys are used before they are asked for again.</summary>
    public static readonly TimeSpan MetadataLifetime = TimeSpan.FromHours(1);

    /// <summary>How long they are used when they cannot be asked for again: a provider that signs people in is reachable, so not for long.</summary>
    public static readonly TimeSpan StaleMetadata = TimeSpan.FromHours(24);

    /// <summary>How often an unknown key id makes us ask for the keys again, so that forged tokens do not make us flood the provider.</summary>
    public static readonly TimeSpan KeyRefetch = TimeSpan.FromMinutes(1);

    /// <summary>How long a person may be away at the provider: time to find a second factor there.</summary>
    public static readonly TimeSpan Attempt = TimeSpan.FromMinutes(15);

    /// <summary>How far a provider's clock may be off.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(2);

    /// <summary>How old a new ID token may be: it comes straight from the provider.</summary>
    public static readonly TimeSpan IdTokenAge = TimeSpan.FromMinutes(10);

    /// <summary>For how long an answer of the provider serves all sessions of a sign-in: programs of one person refresh together.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromMinutes(1);

    /// <summary>How long one server may take to ask before another does: discovery, keys and the question itself, each at its longest.</summary>
    public static readonly TimeSpan AskingLease = TimeSpan.FromMinutes(1);

    /// <summary>Sign-ins begun at providers from one address in an attempt window; behind one address is a whole office.</summary>
    public const int AttemptsPerAddress = 300;
}
