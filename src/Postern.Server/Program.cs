using System.CommandLine;
using Postern.Server.Commands;

var root = new RootCommand("Runs and looks after a Postern server: login, certificates, directory and SSH gateway.")
{
    CommandContext.Config,
    InitCommand.Create(),
    ServeCommand.Create(),
    ApplyCommand.Create(),
    UserCommand.Create(),
    TokenCommand.Create(),
    SsoCommand.Create(),
    AuthorityCommand.Create(),
    SigningKeyCommand.Create(),
    RevocationListCommand.Create(),
    DoctorCommand.Create(),
};

// The host stops in its own time at SIGTERM: databases are shut down cleanly, which the default two seconds would cut off.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
