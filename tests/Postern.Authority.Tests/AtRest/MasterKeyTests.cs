namespace Postern.Authority.Tests;

public sealed class MasterKeyTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("postern-master-");

    private string KeyPath => Path.Combine(_directory.FullName, "master.key");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void File_ThatIsMissing_IsCreatedForItsOwnerAlone()
    {
        using var created = MasterKey.OpenOrCreate(KeyPath);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
        Assert.Single(_directory.EnumerateFiles());

        using var opened = MasterKey.OpenOrCreate(KeyPath);
        Assert.Equal(created.DeriveKey("a"), opened.DeriveKey("a"));
        Assert.NotEqual(created.DeriveKey("a"), opened.DeriveKey("b"));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void File_ReadableByOthers_IsRefusedWithACure(UnixFileMode more)
    {
        MasterKey.OpenOrCreate(KeyPath).Dispose();
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);
        var exception = Assert.Throws<AuthorityKeyException>(() => MasterKey.OpenOrCreate(KeyPath));
        Assert.Contains("chmod 600", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void File_ThatIsNoMasterKey_IsRefusedAndLeftAlone(string content)
    {
        File.WriteAllText(KeyPath, content);
        File.SetUnixFileMode(KeyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Throws<AuthorityKeyException>(() => MasterKey.OpenOrCreate(KeyPath));
        Assert.Equal(content, File.ReadAllText(KeyPath));
    }

    [Fact]
    public void File_InAMissingDirectory_IsTheFileSystemsError() =>
        Assert.Throws<DirectoryNotFoundException>(() => MasterKey.OpenOrCreate(Path.Combine(_directory.FullName, "none", "master.key")));

    [Fact]
    public async Task File_OpenedByManyAtOnce_IsOneKey()
    {
        var identifiers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
        {
            using var key = MasterKey.OpenOrCreate(KeyPath);
            return Convert.ToHexString(key.Identifier.Span);
        })));
        Assert.Single(identifiers.Distinct());
        Assert.Single(_directory.EnumerateFiles());
    }

    [Fact]
    public void Key_AfterDispose_DerivesNoMore()
    {
        var key = MasterKey.OpenOrCreate(KeyPath);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.DeriveKey("a"));
    }
}
