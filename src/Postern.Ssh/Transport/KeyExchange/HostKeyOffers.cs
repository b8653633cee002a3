using Postern.Ssh.Server;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>How a server can prove itself: made once, and the same for all of its connections.</summary>
internal sealed class HostKeyOffers
{
    /// <summary>All that the keys and the catalogue of a configuration allow.</summary>
    public HostKeyOffers(ServerConfig config)
    {
        All = HostKeyOffer.All(config.HostKeys, config.Algorithms);
        Names = [.. All.Select(offer => offer.Algorithm)];
        Keys = [.. All.Select(offer => offer.Key).Distinct()];
    }

    /// <summary>The offers, best first.</summary>
    public IReadOnlyList<HostKeyOffer> All { get; }

    /// <summary>Their names, as KEXINIT has them.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Their keys, each once.</summary>
    public IReadOnlyList<HostKey> Keys { get; }
}
