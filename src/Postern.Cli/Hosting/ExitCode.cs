namespace Postern.Cli.Hosting;

/// <summary>Exit codes that scripts rely on.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int NoProject = 2;
    public const int LoginRequired = 3;
    public const int InvalidConfiguration = 4;
    public const int ConnectionFailed = 5;
    public const int PermissionDenied = 6;
    public const int DependencyMissing = 7;
    public const int ProjectNotFound = 9;

    /// <summary>What ssh itself returns when it could not connect or log in.</summary>
    public const int SshFailed = 255;
}
