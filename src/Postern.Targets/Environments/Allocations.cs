using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Postern.Targets.Environments;

/// <summary>
/// What has been given out on this machine and is remembered over restarts: a real user id for each app and service,
/// a loopback address for each service, a port for each app instance. Nothing is given out twice. Thread-safe.
/// </summary>
internal sealed class Allocations
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly ProcessTargetConfig _config;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly Stored _stored;

    /// <param name="config">The ranges.</param>
    /// <param name="path">The file that remembers.</param>
    /// <exception cref="IOException">The file is damaged.</exception>
    internal Allocations(ProcessTargetConfig config, string path)
    {
        _config = config;
        _path = path;
        try
        {
            _stored = File.Exists(path)
                ? JsonSerializer.Deserialize<Stored>(File.ReadAllBytes(path)) ?? new Stored()
                : new Stored();
        }
        catch (JsonException exception)
        {
            throw new IOException(
                $"{path} is damaged ({exception.Message}); restore it from a backup, since it says who owns which files.",
                exception);
        }
    }

    /// <summary>The real user id of an app or service.</summary>
    internal uint GetUserId(string key)
        => (uint)(_config.FirstRealUserId + GetNumber(_stored.Users, key, _config.RealUserIdCount, "user id", _ => true));

    /// <summary>The port that an app instance listens on.</summary>
    internal int GetAppPort(string key)
        => _config.FirstAppPort
            + GetNumber(
                _stored.Ports, key, _config.AppPortCount, "port",
                number => IsFree(new IPEndPoint(IPAddress.Loopback, _config.FirstAppPort + number)));

    /// <summary>The loopback address of a service; a new one is taken only where <paramref name="port"/> is free.</summary>
    internal IPAddress GetServiceAddress(string key, int port)
    {
        const int AddressCount = 65_536 - 256; // 127.x.0.0 to 127.x.0.255 stay unused, as programs like 127.0.0.n.
        return MakeAddress(GetNumber(
            _stored.Addresses, key, AddressCount, "service address", number => IsFree(new IPEndPoint(MakeAddress(number), port))));
    }

    /// <summary>Gives a service another address, because a foreign program took its own.</summary>
    internal void ForgetServiceAddress(string key)
    {
        lock (_gate)
        {
            // The number stays taken under another name, so that nothing else gets it.
            if (_stored.Addresses.Remove(key, out int number))
            {
                _stored.Addresses[$"{key} (taken by another program) {number}"] = number;
                Save();
            }
        }
    }

    /// <summary>Whether nothing listens on an address now.</summary>
    internal static bool IsFree(IPEndPoint address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // What a service would do; connections of its predecessor that linger do not matter to either.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, optionValue: true);
            socket.Bind(address);
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private IPAddress MakeAddress(int number)
    {
        byte[] bytes = _config.ServiceNetwork.GetAddressBytes();
        int host = number + 256;
        bytes[2] = (byte)(host >> 8);
        bytes[3] = (byte)host;
        return new IPAddress(bytes);
    }

    private int GetNumber(Dictionary<string, int> numbers, string key, int count, string what, Predicate<int> isUsable)
    {
        lock (_gate)
        {
            if (numbers.TryGetValue(key, out int known))
            {
                return known;
            }

            // Not from the start of the range: servers with other data folders on this machine look for theirs too.
            var taken = numbers.Values.ToHashSet();
            int start = RandomNumberGenerator.GetInt32(count);
            for (int i = 0; i < count; i++)
            {
                int number = (start + i) % count;
                if (!taken.Contains(number) && isUsable(number))
                {
                    numbers[key] = number;
                    try
                    {
                        Save();
                    }
                    catch
                    {
                        // Else the next to ask would get a number that a restart forgets and gives to others.
                        numbers.Remove(key);
                        throw;
                    }

                    return number;
                }
            }

            throw new IOException($"All {count} of the {what} range are taken; widen it in the configuration.");
        }
    }

    private void Save()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string unfinished = _path + ".new";
        using (var stream = new FileStream(
            unfinished,
            new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = Private }))
        {
            JsonSerializer.Serialize(stream, _stored, Indented);
            stream.Flush(flushToDisk: true);
        }

        File.Move(unfinished, _path, overwrite: true);
    }

    private sealed record Stored
    {
        public Dictionary<string, int> Users { get; init; } = [];

        public Dictionary<string, int> Addresses { get; init; } = [];

        public Dictionary<string, int> Ports { get; init; } = [];
    }
}
