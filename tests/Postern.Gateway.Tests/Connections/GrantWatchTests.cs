using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Changes;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Sessions;
using Postern.Gateway.Connections;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Targets;
using Postern.Testing;
using StoredKey = Postern.Directory.Certificates.AuthorityKey;
using StoredState = Postern.Directory.Certificates.AuthorityKeyState;

namespace Postern.Gateway.Tests.Connections;

public class GrantWatchTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Right_ThatIsTakenAway_EndsTheConnectionsConcernedAndNoOthers()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var first = await fixture.ConnectAsync(fixture.Alice);
        var second = await fixture.ConnectAsync(fixture.Alice);
        var olgas = await fixture.ConnectAsync(fixture.Olga);
        await fixture.ChangeAsync<Session>(s => s.Id == first.Session.Id, s => s.RevokedAt = fixture.Clock.GetUtcNow());

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-203", Assert.Single(first.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Empty(second.Seen.Goodbyes);
        Assert.Empty(olgas.Seen.Goodbyes);

        await fixture.RunSqlAsync("DELETE FROM project_members");
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-101", Assert.Single(second.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Empty(olgas.Seen.Goodbyes);
    }

    [Fact]
    public async Task Authority_ThatIsRetired_EndsTheConnectionsOfItsCertificates()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var old = await fixture.ConnectAsync(fixture.Alice);
        var oldKey = fixture.Authority.Keys.Single(k => k.Purpose == AuthorityPurpose.UserCertificates).Id;
        await fixture.Authority.RotateAsync(AuthorityPurpose.UserCertificates, Never);
        var fresh = await fixture.ConnectAsync(fixture.Alice);
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Empty(old.Seen.Goodbyes);

        await fixture.ChangeAsync<StoredKey>(k => k.Id == oldKey, k => k.State = StoredState.Retired);
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-202", Assert.Single(old.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Empty(fresh.Seen.Goodbyes);
    }

    [Fact]
    public async Task Change_ReachesTheConnectionThroughTheFeed()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.Get<ChangeFeed>().PollAsync(Never);
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await using var running = await Running.StartAsync(fixture);

        await fixture.ChangeAsync<Organization>(_ => true, o => o.IsSuspended = true);
        await fixture.Get<ChangeFeed>().PollAsync(Never);

        await Programs.WaitUntilAsync(() => alice.Seen.Goodbyes.Count > 0, "the end of the connection");
        Assert.Contains("PST-104", alice.Seen.Goodbyes[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_ThatEndsByTimeAlone_IsSeenByTheRegularRecheck()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await using var running = await Running.StartAsync(fixture);

        fixture.Clock.Advance(TimeSpan.FromDays(8));

        await Programs.WaitUntilAsync(() => alice.Seen.Goodbyes.Count > 0, "the end of the connection");
        Assert.Contains("PST-203", alice.Seen.Goodbyes[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Grant_DecidedBeforeARecheckAndAddedAfter_IsAskedAgain()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var generation = fixture.Live.Generation;
        var late = await fixture.Get<GatewayConnectionFactory>().CreateAsync(
            alice.Seen.Info, alice.Connection.Grant, generation, fixture.Get<UserConnections>().TryEnter(fixture.Alice.Id)!, Never);
        await fixture.ChangeAsync<Session>(_ => true, s => s.RevokedAt = fixture.Clock.GetUtcNow());
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        var wish = fixture.Live.WaitForWishAsync(Never);
        Assert.False(wish.IsCompleted);

        var seen = new SeenConnection(alice.Seen.Info);
        late.OnAuthenticated(seen);

        await wish.WaitAsync(TimeSpan.FromMinutes(1));
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Contains("PST-203", Assert.Single(seen.Goodbyes), StringComparison.Ordinal);
    }

    // Who comes in between is asked about even when nothing has changed since the last recheck.
    [Fact]
    public async Task Grant_AddedAfterARecheckOfItsChange_IsAskedAgainWhateverChanges()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var watch = fixture.Hosted<GrantWatch>();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await watch.RecheckAsync(Never);
        var generation = fixture.Live.Generation;
        var late = await fixture.Get<GatewayConnectionFactory>().CreateAsync(
            alice.Seen.Info, alice.Connection.Grant, generation, fixture.Get<UserConnections>().TryEnter(fixture.Alice.Id)!, Never);
        await fixture.ChangeAsync<Session>(_ => true, s => s.RevokedAt = fixture.Clock.GetUtcNow());
        await watch.RecheckChangedAsync(Never);

        var seen = new SeenConnection(alice.Seen.Info);
        late.OnAuthenticated(seen);
        await fixture.Live.WaitForWishAsync(Never).WaitAsync(TimeSpan.FromMinutes(1));
        await watch.RecheckChangedAsync(Never);

        Assert.Contains("PST-203", Assert.Single(seen.Goodbyes), StringComparison.Ordinal);
    }

    // Security 31: with thousands of connections, everybody's rights take long to ask for, and one person's must not wait for them.
    [Fact]
    public async Task Change_OfOnePerson_AsksForNobodyElse()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var watch = fixture.Hosted<GrantWatch>();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var olga = await fixture.ConnectAsync(fixture.Olga);

        // The first makes the authority of host certificates, which is a change.
        await watch.RecheckAsync(Never);
        await watch.Updates;
        await watch.RecheckAsync(Never);

        // A hand in the database leaves no change behind: whoever asks for her sees it.
        await using (var context = await fixture.NewContextAsync())
        {
            await context.Sessions.Where(row => row.Id == olga.Session.Id)
                .ExecuteUpdateAsync(row => row.SetProperty(r => r.RevokedAt, fixture.Clock.GetUtcNow()));
        }

        await fixture.ChangeAsync<Session>(s => s.Id == alice.Session.Id, s => s.RevokedAt = fixture.Clock.GetUtcNow());
        await watch.RecheckChangedAsync(Never);
        Assert.Single(alice.Seen.Goodbyes);
        Assert.Empty(olga.Seen.Goodbyes);

        await watch.RecheckAsync(Never);
        Assert.Single(olga.Seen.Goodbyes);
    }

    [Fact]
    public async Task EveryKindOfChange_ReachesWhomItConcerns()
    {
        await CheckAsync("PST-102", f => f.ChangeAsync<ProjectMember>(_ => true, m => m.ProductionRole = null));
        await CheckAsync("PST-104", f => f.ChangeAsync<Project>(_ => true, p => p.IsSuspended = true));
        await CheckAsync("PST-103", f => f.ChangeAsync<ProjectEnvironment>(_ => true, e => e.Status = EnvironmentStatus.Inactive));
        await CheckAsync("PST-204", f => f.ChangeAsync<User>(u => u.Id == f.Alice.Id, u => u.IsDisabled = true));
        await CheckAsync("PST-104", f => f.ChangeAsync<Organization>(_ => true, o => o.IsSuspended = true));

        static async Task CheckAsync(string code, Func<GatewayFixture, Task> change)
        {
            await using var fixture = await GatewayFixture.CreateAsync();
            var alice = await fixture.ConnectAsync(fixture.Alice);
            await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
            await change(fixture);
            await fixture.Hosted<GrantWatch>().RecheckChangedAsync(Never);
            Assert.Contains(code, Assert.Single(alice.Seen.Goodbyes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Grant_OfTheSameGeneration_NeedsNoRecheck()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);

        Assert.False(fixture.Live.WaitForWishAsync(Never).IsCompleted);
        Assert.Equal(1, fixture.Live.Count);
        alice.Connection.OnEnded(Ssh.Server.ConnectionEnd.PeerDisconnected);
        Assert.Equal(0, fixture.Live.Count);
    }

    [Fact]
    public async Task Wishes_ThatComeTogether_AreOne()
    {
        using var live = new LiveConnections();
        live.WantRecheck();
        live.WantRecheck();

        await live.WaitForWishAsync(Never);
        Assert.False(live.WaitForWishAsync(Never).IsCompleted);
    }

    [Fact]
    public async Task Database_ThatFails_IsAskedAgainUntilItAnswers()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await using var running = await Running.StartAsync(fixture);
        await fixture.ChangeAsync<Session>(_ => true, s => s.RevokedAt = fixture.Clock.GetUtcNow());
        await fixture.RunSqlAsync("ALTER TABLE sessions RENAME TO sessions_away");
        fixture.Live.WantRecheck();
        await Programs.WaitUntilAsync(() => fixture.Log.Of(4011).Count > 0, "the failure");
        Assert.Empty(alice.Seen.Goodbyes);

        // The change was reported once, and its recheck failed; it must not be forgotten.
        await fixture.RunSqlAsync("ALTER TABLE sessions_away RENAME TO sessions");
        await Programs.WaitUntilAsync(
            () =>
            {
                fixture.Clock.AdvanceToTimer(within: TimeSpan.FromSeconds(20));
                return alice.Seen.Goodbyes.Count > 0;
            },
            "the end of the connection");
        Assert.Single(fixture.Log.Of(4011));
    }

    [Fact]
    public async Task Deployment_ThatIsDamaged_EndsItsConnectionsAndKeepsNoOtherFromBeingAsked()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.SaveAsync(new ProjectEnvironment
        {
            ProjectId = fixture.Project.Id,
            Name = "dev",
            MachineName = "dev-aaaaaaa",
            Title = "Dev",
            Type = EnvironmentType.Production,
            Status = EnvironmentStatus.Active,
            Deployment = GatewayFixture.Deployment("viewer").ToJson(),
            CreatedAt = fixture.Clock.GetUtcNow(),
            UpdatedAt = fixture.Clock.GetUtcNow(),
        });
        var damaged = await fixture.ConnectAsync(fixture.Alice, $"{fixture.Project.Id}-dev-aaaaaaa--app");
        var revoked = await fixture.ConnectAsync(fixture.Alice);
        var good = await fixture.ConnectAsync(fixture.Olga);
        await fixture.RunSqlAsync("UPDATE environments SET deployment = '7' WHERE name = 'dev'");
        await fixture.ChangeAsync<Session>(s => s.Id == revoked.Session.Id, s => s.RevokedAt = fixture.Clock.GetUtcNow());

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-403", Assert.Single(damaged.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Contains("PST-203", Assert.Single(revoked.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Empty(good.Seen.Goodbyes);
    }

    // As a newer server beside this one may write it.
    [Fact]
    public async Task Word_ThatThisVersionDoesNotKnow_EndsItsConnectionsAndKeepsNoOtherFromBeingAsked()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var unknown = await fixture.ConnectAsync(fixture.Alice);
        var revoked = await fixture.ConnectAsync(fixture.Olga);
        await fixture.RunSqlAsync("UPDATE project_members SET role = 'wizard'");
        await fixture.ChangeAsync<Session>(s => s.Id == revoked.Session.Id, s => s.RevokedAt = fixture.Clock.GetUtcNow());

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-403", Assert.Single(unknown.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Contains("PST-203", Assert.Single(revoked.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Single(fixture.Log.Of(4016));
    }

    [Fact]
    public async Task AuthorityKeys_ThatAreDamaged_KeepNoConnectionFromBeingAsked()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await fixture.ChangeAsync<Session>(_ => true, s => s.RevokedAt = fixture.Clock.GetUtcNow());
        await fixture.RunSqlAsync("UPDATE authority_keys SET public_key = 'nonsense'");

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Single(alice.Seen.Goodbyes);
    }

    [Fact]
    public async Task Deployment_ThatIsNew_ReachesTheTargetOnceAndTheNextChannel()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await fixture.ConnectAsync(fixture.Alice);
        await fixture.ChangeAsync<ProjectEnvironment>(_ => true, e => e.TreeId = "tree-2");

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        await fixture.Hosted<GrantWatch>().Updates;

        Assert.Equal("tree-2", Assert.Single(fixture.Target.Updated).TreeId);
        await alice.Connection.OpenChannelAsync(new ChannelOpenRequest.Session(), Never);
        Assert.Equal("tree-2", Assert.Single(fixture.Target.Prepared).TreeId);
    }

    [Fact]
    public async Task Target_ThatCannotUpdate_EndsNothing()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        fixture.Target.UpdateFailure = new TargetException(TargetFailure.AppNotStarted, "The app does not start.", "exec failed");

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        await fixture.Hosted<GrantWatch>().Updates;

        Assert.Empty(alice.Seen.Goodbyes);
        Assert.Single(fixture.Log.Of(4013));
    }

    private sealed class Running(GrantWatch watch) : IAsyncDisposable
    {
        public static async Task<Running> StartAsync(GatewayFixture fixture)
        {
            var watch = fixture.Hosted<GrantWatch>();
            var generation = fixture.Live.Generation;
            await watch.StartAsync(Never);

            // The first recheck is that of the start.
            await Programs.WaitUntilAsync(() => fixture.Live.Generation > generation, "the first recheck");
            return new Running(watch);
        }

        public async ValueTask DisposeAsync() => await watch.StopAsync(Never);
    }
}
