using Microsoft.Extensions.Logging;
using Postern.Targets.Interop;

namespace Postern.Targets.Environments;

/// <summary>What all environments of a process target share.</summary>
internal sealed record ProcessTargetParts(
    ProcessTargetConfig Config, Allocations Allocations, DescriptorPoller Poller, TimeProvider Time, ILogger Logger)
{
    private const UnixFileMode PrivateFolder =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The real user of an app or service when we may give it one, else null.</summary>
    internal uint? GetRealUserId(string key) => LibC.GetEffectiveUserId() == 0 ? Allocations.GetUserId(key) : null;

    /// <summary>Makes a folder that nobody else enters.</summary>
    internal static void MakePrivateFolder(string path)
        => System.IO.Directory.CreateDirectory(path, PrivateFolder);
}
