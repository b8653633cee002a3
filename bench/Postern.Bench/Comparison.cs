namespace Postern.Bench;

/// <summary>The two servers of a run, and where its rows go.</summary>
internal sealed record Comparison(ServerUnderTest Sshd, ServerUnderTest Postern, Report Report)
{
    /// <summary>Rounds that medians are of, behind one that warms up.</summary>
    public const int Rounds = 5;

    /// <summary>Measures both servers in alternation.</summary>
    public async Task<(List<T> Theirs, List<T> Ours)> AlternateAsync<T>(Func<ServerUnderTest, Task<T>> measure)
    {
        var figures = await AlternateAsync([Sshd, Postern], measure);
        return (figures[0], figures[1]);
    }

    /// <summary>Measures several servers in alternation; the figures are in their order.</summary>
    public static async Task<List<T>[]> AlternateAsync<TServer, T>(TServer[] servers, Func<TServer, Task<T>> measure)
    {
        foreach (var server in servers)
        {
            await measure(server);
        }

        var figures = servers.Select(_ => new List<T>()).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < servers.Length; i++)
            {
                figures[i].Add(await measure(servers[i]));
            }
        }

        return figures;
    }
}
