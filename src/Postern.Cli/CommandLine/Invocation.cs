using System.CommandLine;
using Postern.Cli.Certificates;
using Postern.Cli.Configuration;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Http;
using Postern.Cli.Login;
using Postern.Cli.Selection;
using Postern.Cli.Sessions;
using Postern.Cli.Ssh;
using Postern.Cli.SshConfiguration;
using Postern.Cli.Terminals;
using Postern.Cli.Tunnels;

namespace Postern.Cli.CommandLine;

/// <summary>One run of one command: its arguments, and the parts it needs, each made when first asked for.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly Lazy<HttpSender> _sender;
    private readonly Lazy<OAuthClient> _oauth;
    private readonly Lazy<Session> _session;
    private readonly Lazy<ApiClient> _api;
    private readonly Lazy<CertificateLoader> _certificates;
    private readonly Lazy<Selector> _selector;
    private readonly Lazy<SshRunner> _ssh;
    private readonly Lazy<LoginFlow> _login;
    private readonly Lazy<TunnelStore> _tunnels;

    public Invocation(CliHost host, ParseResult parse, GlobalOptions global, RememberedServer? server = null)
    {
        Host = host;
        Parse = parse;
        (Config, Directory, Server) = ConfigurationLoader.Load(host, server);
        Terminal = new Terminal(host, global.Settings(parse, host, Config.EnvironmentPrefix));
        Processes = new ProcessRunner(host);
        Locks = new FileLocks(Directory.Locks, host.Time, Config.DisableLocks);
        _sender = new(() => new HttpSender(Config, Terminal));
        _oauth = new(() => new OAuthClient(Config, Sender, Host.Time));
        _session = new(() => new Session(Host, Config, Directory, OAuth, Locks, Terminal));
        _api = new(() => new ApiClient(Config, Sender, Session) { OnStepUp = (stepUp, cancellation) => Login.OfferAsync(stepUp.Summary, stepUp, cancellation) });
        _certificates = new(() => new CertificateLoader(Host, Config, Session, Api, Locks, Processes));
        _selector = new(() => new Selector(this));
        _ssh = new(() => new SshRunner(this));
        _login = new(() => new LoginFlow(this));
        _tunnels = new(() => new TunnelStore(Directory, Locks, Host.Time, Terminal));
    }

    public CliHost Host { get; }

    public ParseResult Parse { get; }

    public VendorConfig Config { get; }

    public UserDirectory Directory { get; }

    public RememberedServer? Server { get; }

    public Terminal Terminal { get; }

    public ProcessRunner Processes { get; }

    public FileLocks Locks { get; }

    public HttpSender Sender => _sender.Value;

    public OAuthClient OAuth => _oauth.Value;

    public Session Session => _session.Value;

    public ApiClient Api => _api.Value;

    public CertificateLoader Certificates => _certificates.Value;

    public Selector Selector => _selector.Value;

    public SshRunner Ssh => _ssh.Value;

    public LoginFlow Login => _login.Value;

    public TunnelStore Tunnels => _tunnels.Value;

    public SshConfigWriter SshConfig => new(Host, Config, Directory, Terminal);

    public T? Value<T>(Option<T> option) => Parse.GetValue(option);

    public T? Value<T>(Argument<T> argument) => Parse.GetValue(argument);

    public bool IsGiven(Option option) => Parse.GetResult(option) is { Implicit: false };

    /// <summary>The values of an option that may be repeated, or separated by commas or blanks.</summary>
    public IReadOnlyList<string> Values(Option<string[]> option) =>
        [.. (Value(option) ?? []).SelectMany(v => v.Split([',', ' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))];

    public void Dispose()
    {
        if (_sender.IsValueCreated)
        {
            _sender.Value.Dispose();
        }
    }
}
