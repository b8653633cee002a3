using System.Text;
using Postern.Directory.Factors;

namespace Postern.Directory.Tests.Factors;

public class TotpTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    // The last six digits of the eight in RFC 6238 appendix B.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Vectors_OfRfc6238_Hold(long time, string code) =>
        Assert.Equal(code, Totp.CodeAt(Secret, DateTimeOffset.FromUnixTimeSeconds(time)));

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Vectors_OfRfc4648_HoldWithoutPadding(string text, string base32) =>
        Assert.Equal(base32, Totp.ToBase32(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData(-31, false)]
    [InlineData(-30, true)]
    [InlineData(0, true)]
    [InlineData(59, true)]
    [InlineData(60, false)]
    public void Code_CountsOneStepEarlyAndLate(int seconds, bool isRight)
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000); // A step begins here.
        Assert.Equal(isRight, Totp.FindStep(Secret, Totp.CodeAt(Secret, start), start.AddSeconds(seconds)) is not null);
    }

    [Theory]
    [InlineData("123456", "123456")]
    [InlineData(" 123 456 ", "123456")]
    [InlineData("000000", "000000")]
    [InlineData("", null)]
    [InlineData("12345", null)]
    [InlineData("1234567", null)]
    [InlineData("12345a", null)]
    [InlineData("-12345", null)]
    [InlineData("+12345", null)]
    [InlineData("１２３４５６", null)]
    [InlineData("1e5000", null)]
    public void Typed_IsSixDigitsOrNothing(string typed, string? code) => Assert.Equal(code, Totp.Normalize(typed));

    [Fact]
    public void Typed_ThatIsHuge_IsNothing() => Assert.Null(Totp.Normalize(new string(' ', 100_000) + "123456"));

    [Theory]
    [InlineData("k7pd-w3xn-9hqe", "k7pd-w3xn-9hqe")]
    [InlineData(" K7PD W3XN 9HQE ", "k7pd-w3xn-9hqe")]
    [InlineData("k7pdw3xn9hqe", "k7pd-w3xn-9hqe")]
    [InlineData("k7pd-w3xn-9hq", null)]
    [InlineData("k7pd-w3xn-9hq1", null)] // 1, l, 0, o and i are in no code.
    [InlineData("k7pd-w3xn-9hqee", null)]
    [InlineData("", null)]
    public void RecoveryCode_IsReadAsPeopleTypeIt(string typed, string? code) => Assert.Equal(code, RecoveryCodes.Normalize(typed));

    [Fact]
    public void RecoveryCodes_AreReadBackAndDiffer()
    {
        var codes = Enumerable.Range(0, 1000).Select(_ => RecoveryCodes.Create()).ToList();
        Assert.All(codes, code => Assert.Equal(code, RecoveryCodes.Normalize(code)));
        Assert.Equal(1000, codes.Distinct(StringComparer.Ordinal).Count());
    }
}
