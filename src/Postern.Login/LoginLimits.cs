namespace Postern.Login;

/// <summary>The sizes that this room accepts from outside, each with its reason.</summary>
internal static class LoginLimits
{
    /// <summary>Bytes of a form or JSON body: the largest, a token request with an access token to revoke, is under 4 KiB.</summary>
    public const int BodyBytes = 32 * 1024;

    /// <summary>Bytes of the body of an API call, one more than the API takes: an SSH key of 16,384 bits in JSON with room to spare.</summary>
    public const int ApiBodyBytes = (64 * 1024) + 1;

    /// <summary>Fields in one form; the longest request of the protocol has twelve.</summary>
    public const int FormFields = 32;

    /// <summary>Characters of the client's <c>state</c>: it comes back in a URL, which browsers hold to about 2,000.</summary>
    public const int State = 1024;

    /// <summary>Characters of any other parameter of an authorization request; the longest is a redirect URI.</summary>
    public const int Parameter = 512;

    /// <summary>Characters of a token handed in: our access tokens are under 1.5 KiB.</summary>
    public const int Token = 8 * 1024;

    /// <summary>Characters of an e-mail address (RFC 5321 section 4.5.3.1.3, as errata 1690 counts it).</summary>
    public const int Email = 254;

    /// <summary>How many times as often as one address the /48 network of an IPv6 address may try: a site of many people has one, and whoever has it can be any address in it.</summary>
    public const int NetworkFactor = 10;

    /// <summary>Passwords that wait to be hashed beside those that are being: about a second's work, so that whoever waits does not wait long.</summary>
    public const int PasswordQueue = 32;

    /// <summary>Accounts that one browser is remembered for: a person has one or two.</summary>
    public const int AccountsOfABrowser = 5;

    /// <summary>Characters of the cookie that remembers them: five accounts take about 900.</summary>
    public const int KnownBrowserCookie = 2048;

    /// <summary>Characters of a password that are hashed: enough for any sentence, and no free work for an attacker.</summary>
    public const int Password = 256;

    /// <summary>Fewest characters of a password (NIST SP 800-63B section 5.1.1.2 asks for 8; without a second factor we ask for more).</summary>
    public const int ShortestPassword = 12;

    /// <summary>Characters of a first or last name, or of an organization's: they stand in lists and in mails.</summary>
    public const int Name = 100;

    /// <summary>Invitations that one person may send in an hour, so that nobody mails strangers through this server.</summary>
    public const int InvitationsPerHour = 100;

    /// <summary>Mails to a new password for one address in an hour: who did not get three will not get a fourth.</summary>
    public const int ResetsPerHour = 3;

    /// <summary>Tries of a setup code from one address in <see cref="LoginOptions.AttemptWindow"/>; 99 bits need no more.</summary>
    public const int SetupAttempts = 20;

    /// <summary>Characters of an SSH public key line: an RSA key of 16,384 bits is 2.8 KiB in base64, and a comment follows.</summary>
    public const int PublicKeyLine = 8 * 1024;

    /// <summary>Addresses and names whose attempts are counted at once; beyond it the oldest are forgotten.</summary>
    public const int CountedAttempts = 50_000;

    /// <summary>Sign-ins on another device that one address may begin in an attempt window: a person needs one, a class of pupils thirty.</summary>
    public const int DeviceRequestsPerAddress = 30;

    /// <summary>User codes that one account may look up in an attempt window: a sign-in takes two or three, guessing takes millions.</summary>
    public const int UserCodesPerAccount = 20;

    /// <summary>The same for one address, behind which several people may be.</summary>
    public const int UserCodesPerAddress = 60;

    /// <summary>Sessions of one API token, which has one for each address: beyond it the one that was used longest ago ends. A build farm has some dozens of addresses.</summary>
    public const int SessionsPerApiToken = 50;

    /// <summary>Refused sign-ins of a minute that go into the audit trail, which keeps everything: enough to see an attack, and too few to fill a disk by one.</summary>
    public const int AuditedRefusals = 60;

    /// <summary>
    /// Rotations of a session's refresh token in any minute. A client refreshes once in the life of an access token, and its processes
    /// share what one of them got, so some a minute are a storm of programs; more is a loop that writes to the database for nothing.
    /// </summary>
    public const int RefreshesPerMinute = 10;

    /// <summary>The steps from a used refresh token to its live end: more than <see cref="RefreshesPerMinute"/> leaves room for.</summary>
    public const int RotationsInGrace = 16;

    /// <summary>
    /// How long wrong passwords are remembered, from the first one on. A lock is shorter, so a longer memory would not slow
    /// guessing down, and strangers can make a row for each name that they invent.
    /// </summary>
    public static readonly TimeSpan FailureWindow = TimeSpan.FromHours(1);

    /// <summary>How long a browser is remembered after it signed in: longer than anybody's holidays.</summary>
    public static readonly TimeSpan KnownBrowser = TimeSpan.FromDays(180);

    /// <summary>An access token lives at most an hour: until then nobody but us hears that it was taken back.</summary>
    public static readonly TimeSpan LongestAccessTokenLifetime = TimeSpan.FromHours(1);

    /// <summary>Reminders to set up a second factor that one person gets in a day, from all organizations together: more is a nuisance, not a reminder.</summary>
    public const int RemindersPerDay = 3;

    /// <summary>A person is not reminded again within an hour: a button is soon pressed twice.</summary>
    public static readonly TimeSpan ReminderInterval = TimeSpan.FromHours(1);

    /// <summary>A device code lives at most an hour: until then somebody may be talked into allowing it.</summary>
    public static readonly TimeSpan LongestDeviceCodeLifetime = TimeSpan.FromHours(1);

    /// <summary>A code lives at most ten minutes (RFC 6749 section 4.1.2).</summary>
    public static readonly TimeSpan LongestCodeLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Passkeys of one account: every device that a person has, few enough to list and to name to the browser.</summary>
    public const int PasskeysPerAccount = 20;

    /// <summary>Characters of a passkey's name, so that lists stay readable.</summary>
    public const int PasskeyName = 60;

    /// <summary>How long a person may take to answer the browser's question for a passkey; the usual time of WebAuthn section 15.1.</summary>
    public static readonly TimeSpan PasskeyCeremony = TimeSpan.FromMinutes(5);

    /// <summary>How long the page that sets up an authenticator app is good for: time to find and install one.</summary>
    public static readonly TimeSpan AuthenticatorSetup = TimeSpan.FromMinutes(15);

    /// <summary>How long the second factor may follow the password.</summary>
    public static readonly TimeSpan SecondFactorAfterPassword = TimeSpan.FromMinutes(10);

    /// <summary>How long a proof counts as recent for changing how one signs in, and for what outlives a session.</summary>
    public static readonly TimeSpan RecentProof = TimeSpan.FromMinutes(5);

    /// <summary>The same for programs, which sign a person in again with a browser: existing clients know these 900 seconds.</summary>
    public static readonly TimeSpan RecentSignIn = TimeSpan.FromSeconds(900);
}
