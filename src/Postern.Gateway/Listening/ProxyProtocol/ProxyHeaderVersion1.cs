using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Gateway.Listening.ProxyProtocol;

/// <summary>
/// The line of text of version 1 (section 2.1):
/// <code>
/// PROXY TCP4|TCP6 client-address proxy-address client-port proxy-port CR LF
/// PROXY UNKNOWN [anything] CR LF
/// </code>
/// </summary>
internal static class ProxyHeaderVersion1
{
    private const int MaximumPort = 65535;

    /// <summary>As <see cref="ProxyHeaderDecoder.TryRead"/>.</summary>
    public static ProxyHeader? TryRead(ReadOnlySpan<byte> bytes, out int wanted)
    {
        wanted = 0;
        var end = bytes.IndexOf((byte)'\n');
        if (end >= ProxyProtocolLimits.Version1 || (end < 0 && bytes.Length >= ProxyProtocolLimits.Version1))
        {
            WireFormatException.Throw($"a PROXY header of version 1 exceeds {ProxyProtocolLimits.Version1} bytes");
        }

        if (end < 0)
        {
            // CR LF is still to come, or LF.
            wanted = bytes.Length < ProxyHeaderDecoder.Prefix
                ? ProxyHeaderDecoder.Prefix - bytes.Length
                : bytes.EndsWith("\r"u8) ? 1 : Math.Min(2, ProxyProtocolLimits.Version1 - bytes.Length);
            return null;
        }

        if (end != bytes.Length - 1)
        {
            WireFormatException.Throw("a PROXY header of version 1 has bytes behind its end");
        }

        var line = bytes[..end];
        if (!line.EndsWith("\r"u8))
        {
            WireFormatException.Throw("a PROXY header of version 1 does not end with CR LF");
        }

        line = line[..^1];
        if (line.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            WireFormatException.Throw("a PROXY header of version 1 holds bytes that are no printable ASCII");
        }

        var fields = Encoding.ASCII.GetString(line).Split(' ');
        return fields switch
        {
            [_, "UNKNOWN", ..] => new ProxyHeader(Client: null),
            [_, "TCP4", var client, var proxy, var clientPort, var proxyPort] =>
                Read(AddressFamily.InterNetwork, client, proxy, clientPort, proxyPort),
            [_, "TCP6", var client, var proxy, var clientPort, var proxyPort] =>
                Read(AddressFamily.InterNetworkV6, client, proxy, clientPort, proxyPort),
            _ => WireFormatException.Throw<ProxyHeader>("a PROXY header of version 1 is not of the known forms"),
        };
    }

    private static ProxyHeader Read(AddressFamily family, string client, string proxy, string clientPort, string proxyPort)
    {
        ReadAddress(family, proxy);
        ReadPort(proxyPort);
        return new ProxyHeader(new IPEndPoint(ClientSource.Normalize(ReadAddress(family, client)), ReadPort(clientPort)));
    }

    private static IPAddress ReadAddress(AddressFamily family, string text)
    {
        // .NET also reads forms that are no address here: 1, 0x7f.1, 010.0.0.1, [::1]:22 and those with a zone.
        var isPlain = family == AddressFamily.InterNetwork
            ? text.Count(c => c == '.') == 3 && text.All(c => c == '.' || char.IsAsciiDigit(c)) && !HasLeadingZero(text)
            : text.All(c => c is ':' or '.' || char.IsAsciiHexDigit(c));
        return isPlain && IPAddress.TryParse(text, out var address) && address.AddressFamily == family
            ? address
            : WireFormatException.Throw<IPAddress>("a PROXY header of version 1 holds an address that is none");
    }

    private static bool HasLeadingZero(string text) => text.Split('.').Any(part => part.Length > 1 && part[0] == '0');

    private static int ReadPort(string text) =>
        text.Length is >= 1 and <= 5 && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= MaximumPort
            ? port
            : WireFormatException.Throw<int>("a PROXY header of version 1 holds a port that is none");
}
