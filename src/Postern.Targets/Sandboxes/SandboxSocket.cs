using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Postern.Targets.Interop;

namespace Postern.Targets.Sandboxes;

/// <summary>
/// A Unix socket inside a sandbox that we listen on. Its file is made and removed with the rights of the app's user, so
/// that it can be only where the app itself could make one.
/// </summary>
internal sealed unsafe class SandboxSocket : IDisposable
{
    private const int UnixFamily = 1;
    private const int StreamCloseOnExec = 0x80001;
    private const int NonBlocking = 0x800;
    private const int AddressSize = 110;
    private const int PathOffset = 2;
    private const int Backlog = 128;
    private const int SocketType = 0xC000;
    private const int AddressInUse = 98;
    private const int ConnectionRefused = 111;
    private const int RemoveDirectory = 0x200;
    private const uint OwnerOnly = 0x180;
    private const uint OwnerOnlyFolder = 0x1C0;

    /// <summary>The longest last part of a path, in bytes: what fits into an address behind the way to its folder.</summary>
    private const int MaxNameBytes = 80;

    private readonly uint? _user;
    private readonly SafeFileHandle _folder;
    private readonly string _name;
    private readonly (ulong, ulong) _identity;
    private readonly (SafeFileHandle Parent, string Name)? _ownFolder;

    private SandboxSocket(
        Socket socket, uint? user, SafeFileHandle folder, string name, (ulong, ulong) identity, (SafeFileHandle, string)? ownFolder)
    {
        Socket = socket;
        _user = user;
        _folder = folder;
        _name = name;
        _identity = identity;
        _ownFolder = ownFolder;
    }

    /// <summary>The listening socket.</summary>
    internal Socket Socket { get; }

    /// <summary>Connects to a socket inside.</summary>
    /// <exception cref="IOException">There is none that the app's user may use, or nobody listens.</exception>
    internal static Socket Connect(Sandbox sandbox, string path) => FileSystemUser.RunAs(sandbox.RealUserId, () =>
    {
        using SafeFileHandle file = SandboxFiles.Open(sandbox.Root, path, 0);
        if (LibC.ReadStatus(file).Type != SocketType)
        {
            throw new IOException("the path is not a socket's");
        }

        SafeSocketHandle socket = Create(NonBlocking);
        try
        {
            // By the file that was looked at, whatever its name leads to by now.
            if (Call(LibC.Connect, socket, SandboxFiles.GetOwnPath(file)) != 0)
            {
                throw LibC.Failure("connect", SandboxFiles.LastError);
            }

            return new Socket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    });

    /// <summary>Makes a socket of mode 0600 and listens; a stale one of the app's user is replaced.</summary>
    /// <exception cref="IOException">It cannot be there.</exception>
    internal static SandboxSocket Listen(Sandbox sandbox, string path)
    {
        int slash = path.LastIndexOf('/');
        string name = path[(slash + 1)..];
        if (name is "" or "." or ".." || Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            throw new IOException($"the name of a socket has 1 to {MaxNameBytes} bytes");
        }

        return FileSystemUser.RunAs(sandbox.RealUserId, () =>
        {
            SafeFileHandle folder = SandboxFiles.Open(sandbox.Root, slash == 0 ? "/" : path[..slash], LibC.OpenDirectory);
            return Listen(sandbox.RealUserId, folder, name, ownFolder: null);
        });
    }

    /// <summary>Makes a socket in a new folder of mode 0700 of its own, which goes with it.</summary>
    /// <exception cref="IOException">It cannot be there.</exception>
    internal static SandboxSocket ListenInOwnFolder(Sandbox sandbox, string parent, string folderName, string name)
        => FileSystemUser.RunAs(sandbox.RealUserId, () =>
        {
            SafeFileHandle above = SandboxFiles.Open(sandbox.Root, parent, LibC.OpenDirectory);
            try
            {
                LibC.Check(LibC.MakeDirectoryAt(above, folderName, OwnerOnlyFolder), "mkdirat");
                SafeFileHandle folder = SandboxFiles.Open(
                    sandbox.Root, $"{parent}/{folderName}", LibC.OpenDirectory | LibC.OpenNoFollow);
                return Listen(sandbox.RealUserId, folder, name, (above, folderName));
            }
            catch
            {
                above.Dispose();
                throw;
            }
        });

    /// <summary>Stops listening, and removes the file if it is still the one that we made.</summary>
    public void Dispose()
    {
        Socket.Dispose();
        FileSystemUser.RunAs(_user, () =>
        {
            if (Identify(_folder, _name) == _identity)
            {
                _ = LibC.RemoveAt(_folder, _name, 0);
            }

            return _ownFolder is { } own ? LibC.RemoveAt(own.Parent, own.Name, RemoveDirectory) : 0;
        });
        _folder.Dispose();
        _ownFolder?.Parent.Dispose();
    }

    private static SandboxSocket Listen(
        uint? user, SafeFileHandle folder, string name, (SafeFileHandle, string)? ownFolder)
    {
        SafeSocketHandle socket = Create(0);
        try
        {
            string path = $"{SandboxFiles.GetOwnPath(folder)}/{name}";
            if (Call(LibC.Bind, socket, path) != 0)
            {
                int error = SandboxFiles.LastError;
                if (error != AddressInUse || !RemoveStale(user, folder, name))
                {
                    throw LibC.Failure("bind", error);
                }

                LibC.Check(Call(LibC.Bind, socket, path), "bind");
            }

            // Nobody can connect before it listens. The file is changed by what it is, not by its name.
            using SafeFileHandle file = OpenOwn(folder, name);
            var status = LibC.ReadStatus(file);
            if (status.Type != SocketType || status.Owner != (user ?? LibC.GetEffectiveUserId()))
            {
                throw new IOException("the socket was replaced while it was made");
            }

            LibC.Check(LibC.ChangeMode(SandboxFiles.GetOwnPath(file), OwnerOnly), "chmod");
            LibC.Check(LibC.Listen(socket, Backlog), "listen");
            return new SandboxSocket(new Socket(socket), user, folder, name, (status.Inode, status.Device), ownFolder);
        }
        catch
        {
            socket.Dispose();
            folder.Dispose();
            throw;
        }
    }

    // Stale is a socket of the app's user that nobody listens on; whatever else is there stays.
    private static bool RemoveStale(uint? user, SafeFileHandle folder, string name)
    {
        using SafeFileHandle file = OpenOwn(folder, name);
        var status = LibC.ReadStatus(file);
        if (status.Type != SocketType || status.Owner != (user ?? LibC.GetEffectiveUserId()))
        {
            return false;
        }

        using SafeSocketHandle probe = Create(NonBlocking);
        return Call(LibC.Connect, probe, SandboxFiles.GetOwnPath(file)) != 0
            && SandboxFiles.LastError == ConnectionRefused
            && LibC.RemoveAt(folder, name, 0) == 0;
    }

    private static (ulong, ulong)? Identify(SafeFileHandle folder, string name)
    {
        try
        {
            using SafeFileHandle file = OpenOwn(folder, name);
            var status = LibC.ReadStatus(file);
            return (status.Inode, status.Device);
        }
        catch (IOException)
        {
            return null; // Somebody in the app has removed it.
        }
    }

    private static SafeFileHandle OpenOwn(SafeFileHandle folder, string name) => LibC.Own(
        LibC.OpenAt(folder, name, LibC.OpenPath | LibC.OpenNoFollow | LibC.OpenCloseOnExec, 0), "open of a socket");

    private static SafeSocketHandle Create(int flags)
    {
        int descriptor = LibC.CreateSocket(UnixFamily, StreamCloseOnExec | flags, 0);
        LibC.Check(descriptor, "socket");
        return new SafeSocketHandle(descriptor, ownsHandle: true);
    }

    private static int Call(AddressCall call, SafeSocketHandle socket, string path)
    {
        byte* address = stackalloc byte[AddressSize];
        var bytes = new Span<byte>(address, AddressSize);
        bytes.Clear();
        *(ushort*)address = UnixFamily;
        int length = Encoding.UTF8.GetBytes(path, bytes[PathOffset..^1]);
        return call(socket, address, (uint)(PathOffset + length + 1));
    }

    private delegate int AddressCall(System.Runtime.InteropServices.SafeHandle socket, byte* address, uint length);
}
