using Postern.Directory.Storage;

namespace Postern.Directory.People;

/// <summary>Of a process that sends no mail.</summary>
internal sealed class NoAccountNotices : IAccountNotices
{
    public Task AddAsync(DirectoryContext context, Guid userId, string change, CancellationToken cancellationToken) => Task.CompletedTask;
}
