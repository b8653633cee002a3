using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Server.Doctor;

/// <summary>Whether the clock can be right: certificates of minutes do not forgive a wrong one.</summary>
internal static partial class ClockCheck
{
    // What adjtimex(2) answers while nothing keeps the clock in time.
    private const int TimeError = 5;

    // struct timex has 208 bytes on 64-bit Linux.
    private const int TimexSize = 512;

    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Looks at what the kernel knows of its clock, and at the newest certificate that was ever issued.</summary>
    public static async Task<Finding> RunAsync(
        IDbContextFactory<DirectoryContext> contexts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        DateTimeOffset? newest = null;
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            newest = await context.IssuedCertificates.OrderByDescending(issued => issued.Serial)
                .Select(issued => (DateTimeOffset?)issued.IssuedAt).FirstOrDefaultAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The database's own line says what is wrong with it.
        }

        return Judge(now, newest, isSynchronized: adjtimex(new byte[TimexSize]) != TimeError);
    }

    /// <summary>Decides on what was found.</summary>
    internal static Finding Judge(DateTimeOffset now, DateTimeOffset? newestCertificate, bool isSynchronized)
    {
        const string Subject = "clock";
        const string Fix = "set it, and keep it right with chrony or systemd-timesyncd";
        if (newestCertificate > now + Tolerance)
        {
            return new Finding(FindingLevel.Fail, Subject, $"it is {now:u}, but a certificate was issued at {newestCertificate:u}", Fix);
        }

        return isSynchronized
            ? new Finding(FindingLevel.Ok, Subject, $"it is {now:u}, kept in time")
            : new Finding(FindingLevel.Warn, Subject, $"it is {now:u}, but nothing keeps it in time, says the kernel", Fix);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int adjtimex([In, Out] byte[] timex);
}
