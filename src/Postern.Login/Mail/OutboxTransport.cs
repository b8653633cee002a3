using MimeKit;

namespace Postern.Login.Mail;

/// <summary>Writes mails into a folder, one file each that only the server's own user may read, for who has no mail server.</summary>
internal sealed class OutboxTransport(string folder, TimeProvider clock) : IMailTransport
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task SendAsync(MimeMessage message, CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Mails are kept in files that only their owner may read, which needs a Unix system.");
        }

        System.IO.Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var name = $"{clock.GetUtcNow():yyyyMMdd'T'HHmmss}-{Guid.NewGuid():N}";
        var unfinished = Path.Combine(folder, "." + name);
        await using (var file = new FileStream(unfinished, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            await message.WriteToAsync(file, cancellationToken);
            await file.FlushAsync(cancellationToken);
        }

        File.Move(unfinished, Path.Combine(folder, name + ".eml"));
    }
}
