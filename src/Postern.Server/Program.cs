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
    AuthorityCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
