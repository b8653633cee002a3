using Microsoft.EntityFrameworkCore;
using Postern.Directory.Factors;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Factors;

/// <summary>Codes count once, and guessing them is hopeless, on both databases and with two servers.</summary>
[Collection(DatabaseCollection.Name)]
public class SecondFactorsTests(PostgreSqlServer server)
{
    private static readonly byte[] Secret = [.. Enumerable.Range(1, Totp.SecretSize).Select(i => (byte)i)];

    public static TheoryData<string> Providers => [DirectoryOptions.Sqlite, DirectoryOptions.PostgreSql];

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Code_CountsOnce(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        Assert.Equal(CodeVerdict.Accepted, await place.VerifyAsync(place.Code()));
        Assert.Equal(CodeVerdict.AlreadyUsed, await place.VerifyAsync(place.Code()));
        Assert.Equal(CodeVerdict.AlreadyUsed, await place.VerifyAsync(place.Code(-30))); // An earlier one neither.
        place.Clock.Advance(Totp.Step);
        Assert.Equal(CodeVerdict.Accepted, await place.VerifyAsync(place.Code()));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Code_SentToTwoServersAtOnce_CountsOnce(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        for (var round = 0; round < 10; round++)
        {
            place.Clock.Advance(Totp.Step);
            var code = place.Code();
            var verdicts = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => place.VerifyAsync(code, i % 2))));
            Assert.Single(verdicts, CodeVerdict.Accepted);
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Code_OfAnotherAccount_IsWrong(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        var eve = await place.AddUserAsync("eve", [.. Secret.Reverse()]);
        Assert.Equal(CodeVerdict.Wrong, (await place.Factors.VerifyTotpAsync(eve.Id, place.Code(), CancellationToken.None)).Verdict);
        Assert.Equal(CodeVerdict.Accepted, await place.VerifyAsync(place.Code())); // And is not used up.
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task TenThousandTries_AreHopeless(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        var looked = 0;
        var start = place.Clock.GetUtcNow();
        for (var i = 0; i < 10_000 && looked < 100; i++)
        {
            // As patient as need be: the next try comes when the lock has ended.
            var check = await place.Factors.VerifyTotpAsync(place.Ada.Id, place.WrongCode(), CancellationToken.None);
            looked += check.Verdict == CodeVerdict.Wrong ? 1 : 0;
            place.Clock.Advance(check.RetryAfter);
        }

        // 5 at once, 5 after each of 15 min, 30 min, ... and from then on 5 a day: the first 100 take two weeks.
        Assert.Equal(100, looked);
        Assert.InRange((place.Clock.GetUtcNow() - start).TotalDays, 12, 16);
        Assert.Equal(FactorLimits.LongestLock, FactorLimits.LockAfter(10_000));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task TriesSentAtOnce_CountLikeTriesSentOneByOne(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => place.VerifyAsync(place.WrongCode(), i % 2))));
        Assert.Equal(FactorLimits.TriesBeforeLock, verdicts.Count(v => v == CodeVerdict.Wrong));
        Assert.Equal(CodeVerdict.Locked, await place.VerifyAsync(place.Code())); // The right one is not looked at either.
        Assert.Equal(CodeVerdict.Locked, (await place.Factors.UseRecoveryCodeAsync(place.Ada.Id, "k7pd-w3xn-9hqe", CancellationToken.None)).Verdict);
        place.Clock.Advance(FactorLimits.ShortestLock);
        Assert.Equal(CodeVerdict.Accepted, await place.VerifyAsync(place.Code()));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task RightCode_ForgetsWrongOnes_AndOthersKeepTheirs(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        var eve = await place.AddUserAsync("eve", Secret);
        await place.Factors.VerifyTotpAsync(eve.Id, place.WrongCode(), CancellationToken.None);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 1; i < FactorLimits.TriesBeforeLock; i++)
            {
                Assert.Equal(CodeVerdict.Wrong, await place.VerifyAsync(place.WrongCode()));
            }

            Assert.Equal(CodeVerdict.Accepted, await place.VerifyAsync(place.Code()));
            place.Clock.Advance(Totp.Step);
        }

        await using var context = await place.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal(1, (await context.FactorAttempts.SingleAsync(a => a.UserId == eve.Id)).Failed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("hello world")]
    [InlineData("' OR 1=1 --")]
    public async Task WhatIsNoCode_IsWrongAndCostsNoTry(string typed)
    {
        await using var place = await Place.CreateAsync(DirectoryOptions.Sqlite, server);
        Assert.Equal(CodeVerdict.Wrong, await place.VerifyAsync(typed));
        Assert.Equal(CodeVerdict.Wrong, await place.VerifyAsync(typed + new string('1', 100_000)));
        await using var context = await place.Directory.Contexts.CreateDbContextAsync();
        Assert.Empty(await context.FactorAttempts.ToListAsync());
    }

    [Fact]
    public async Task Account_WithoutAnApp_HasNone()
    {
        await using var place = await Place.CreateAsync(DirectoryOptions.Sqlite, server);
        Assert.True(await place.Factors.HasAuthenticatorAsync(place.Ada.Id, CancellationToken.None));
        Assert.False(await place.Factors.HasAuthenticatorAsync(Guid.NewGuid(), CancellationToken.None));
        Assert.Equal(CodeVerdict.Wrong, (await place.Factors.VerifyTotpAsync(Guid.NewGuid(), "123456", CancellationToken.None)).Verdict);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task RecoveryCode_UsedByManyAtOnce_HasOneWinner(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        for (var round = 0; round < 5; round++)
        {
            var code = await place.AddRecoveryCodeAsync();
            var checks = await Task.WhenAll(Enumerable.Range(0, 4).Select(i =>
                Task.Run(() => place.Servers[i % 2].UseRecoveryCodeAsync(place.Ada.Id, code, CancellationToken.None))));
            Assert.Single(checks, c => c.IsAccepted);
            await place.ForgetTriesAsync();
            Assert.Equal(
                CodeVerdict.AlreadyUsed, (await place.Factors.UseRecoveryCodeAsync(place.Ada.Id, code, CancellationToken.None)).Verdict);
            await place.ForgetTriesAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task RecoveryCode_OfAnotherAccount_IsWrong(string provider)
    {
        await using var place = await Place.CreateAsync(provider, server);
        var eve = await place.AddUserAsync("eve", Secret);
        var code = await place.AddRecoveryCodeAsync();
        Assert.Equal(CodeVerdict.Wrong, (await place.Factors.UseRecoveryCodeAsync(eve.Id, code, CancellationToken.None)).Verdict);
        Assert.True((await place.Factors.UseRecoveryCodeAsync(place.Ada.Id, code.ToUpperInvariant(), CancellationToken.None)).IsAccepted);
    }

    /// <summary>An account with an app, seen by two servers of one database.</summary>
    private sealed class Place : IAsyncDisposable
    {
        private readonly FactorProtection _protection = new(new byte[FactorProtection.KeySize]);

        public required TestDirectory Directory { get; init; }

        public TestClock Clock => Directory.Clock;

        public User Ada { get; private set; } = null!;

        public IReadOnlyList<SecondFactors> Servers { get; private set; } = [];

        public SecondFactors Factors => Servers[0];

        public static async Task<Place> CreateAsync(string provider, PostgreSqlServer server)
        {
            var place = new Place { Directory = await TestDirectory.CreateAsync(provider, server) };
            place.Servers =
            [
                new SecondFactors(place.Directory.Contexts, place._protection, place.Clock),
                new SecondFactors(place.Directory.Contexts, place._protection, place.Clock),
            ];
            place.Ada = await place.AddUserAsync("ada", Secret);
            return place;
        }

        public async Task<User> AddUserAsync(string name, byte[] secret)
        {
            var user = Directory.NewUser(name);
            await Directory.SaveAsync(user);
            await Directory.SaveAsync(new AuthenticatorApp
            {
                UserId = user.Id,
                ProtectedSecret = _protection.Protect(user.Id, secret),
                CreatedAt = Clock.GetUtcNow(),
                LastUsedAt = Clock.GetUtcNow(),
                LastStep = 0,
            });
            return user;
        }

        public async Task<string> AddRecoveryCodeAsync()
        {
            var code = RecoveryCodes.Create();
            await Directory.SaveAsync(new RecoveryCode
            {
                CodeHash = _protection.HashRecoveryCode(Ada.Id, code),
                UserId = Ada.Id,
                CreatedAt = Clock.GetUtcNow(),
            });
            return code;
        }

        public async Task ForgetTriesAsync()
        {
            await using var context = await Directory.Contexts.CreateDbContextAsync();
            await context.FactorAttempts.ExecuteDeleteAsync();
        }

        public string Code(int seconds = 0) => Totp.CodeAt(Secret, Clock.GetUtcNow().AddSeconds(seconds));

        public string WrongCode()
        {
            var right = new[] { Code(-30), Code(), Code(30) };
            return Enumerable.Range(0, 4).Select(i => $"00000{i}").First(code => !right.Contains(code));
        }

        public async Task<CodeVerdict> VerifyAsync(string code, int server = 0) =>
            (await Servers[server].VerifyTotpAsync(Ada.Id, code, CancellationToken.None)).Verdict;

        public async ValueTask DisposeAsync()
        {
            _protection.Dispose();
            await Directory.DisposeAsync();
        }
    }
}
