namespace Postern.Targets.Interop;

/// <summary>What a descriptor is watched for, and what happened to it (<c>EPOLL*</c>).</summary>
[Flags]
internal enum PollEvents : uint
{
    None = 0,
    Readable = 0x1,
    Error = 0x8,
    HangUp = 0x10,
}
