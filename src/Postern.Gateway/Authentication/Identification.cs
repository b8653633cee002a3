using Postern.Gateway.Refusals;

namespace Postern.Gateway.Authentication;

/// <summary>What a proved key says about who is there: one of the nested records.</summary>
internal abstract record Identification
{
    private Identification()
    {
    }

    /// <summary>It is this person.</summary>
    public sealed record Known(Proof Proof) : Identification;

    /// <summary>The certificate is of ours but may not be used; who it names may be told why.</summary>
    public sealed record Unusable(Refusal Refusal) : Identification;

    /// <summary>The key or certificate means nothing here, and nothing is said about it.</summary>
    public sealed record Unknown : Identification;
}
